using HeliosSync.Host;

return await new CommandLine(Console.Out, Console.Error, static () => WebApplication.CreateSlimBuilder()).RunAsync(args);
