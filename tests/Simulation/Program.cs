return HeliosSync.Simulation.SimulationProgram.Run(args, Console.Out);
