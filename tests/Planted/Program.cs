return await HeliosSync.Planted.PlantedProgram.RunAsync(args);
