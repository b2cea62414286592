using HeliosSync.Baselines.HandWritten;

// One program, several things to be measured against: the first argument says which.
switch (args)
{
    case ["hand-written"]:
        await HandWrittenServer.RunAsync();
        return 0;
    default:
        await Console.Error.WriteLineAsync("heliossync-baselines hand-written    with BIND_ADDR, DATA_DIR and JWT_SECRET set");
        return 2;
}
