using System.Globalization;
using HeliosSync.Baselines.Bare;
using HeliosSync.Baselines.HandWritten;

// One program, several things to be measured against: the first argument says which.
switch (args)
{
    case ["hand-written"]:
        await HandWrittenServer.RunAsync();
        return 0;
    case ["bare"]:
        await BareServer.RunAsync(
            Environment.GetEnvironmentVariable("BIND_ADDR") ?? "127.0.0.1:0", Environment.GetEnvironmentVariable("DATA_DIR") ?? ".");
        return 0;
    case ["store", var folder, var tenants, "bare" or "keyed"]:
        await StoreProgram.RunAsync(folder, int.Parse(tenants, CultureInfo.InvariantCulture), args[3] == "keyed", Console.In, Console.Out);
        return 0;
    default:
        await Console.Error.WriteLineAsync(
            """
            heliossync-baselines hand-written                       the endpoint one would write by hand; BIND_ADDR, DATA_DIR, JWT_SECRET
            heliossync-baselines bare                               receives and drops, serves DATA_DIR/pages, fans out; BIND_ADDR, DATA_DIR
            heliossync-baselines store FOLDER TENANTS bare|keyed    stores FOLDER/events over and over; a line of seconds on its input
            """);
        return 2;
}
