using HeliosSync.Host;

// Settings are read at the start alone. Whoever watches their files is woken by every write to a journal below the same folder.
string[] unwatched = ["--hostBuilder:reloadConfigOnChange=false"];
return await new CommandLine(
    Console.Out, Console.Error, () => WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = unwatched })).RunAsync(args);
