using System.Text.Json;
using HeliosSync.Host;
using HeliosSync.Integration.Storage;

namespace HeliosSync.Integration.Host;

public sealed class KeysCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heliossync-keys-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_new_secret_is_another_each_time_and_good_enough_for_Production()
    {
        var (code, lines) = await CommandRun.OfAsync(_folder, "keys", "new");
        var (_, json) = await CommandRun.OfAsync(_folder, "keys", "new", "--json");
        using var said = JsonDocument.Parse(Assert.Single(json));
        var second = said.RootElement.GetProperty("secret").GetString()!;

        Assert.Equal(0, code);
        Assert.All([Assert.Single(lines), second], static s => Assert.Null(SecretStrength.Problem(s, production: true)));
        Assert.NotEqual(lines[0], second);
    }

    [Fact]
    public async Task A_secret_goes_into_a_file_of_its_owner_alone_and_is_not_printed()
    {
        var path = Path.Combine(_folder, "secret");
        var (code, lines) = await CommandRun.OfAsync(_folder, "keys", "new", "--output", path);

        Assert.Equal((0, path), (code, Assert.Single(lines)));
        Assert.Null(SecretStrength.Problem((await File.ReadAllTextAsync(path)).Trim(), production: true));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }

    [Fact]
    public async Task A_file_that_is_there_is_left_as_it_is()
    {
        var path = Path.Combine(_folder, "secret");
        await File.WriteAllTextAsync(path, "kept");
        var (code, lines) = await CommandRun.OfAsync(_folder, "keys", "new", "--output", path);

        Assert.Equal(CommandLine.Misused, code);
        Assert.Contains("is there already", Assert.Single(lines), StringComparison.Ordinal);
        Assert.Equal("kept", await File.ReadAllTextAsync(path));
    }

    [Fact]
    public void A_refusal_of_a_secret_names_the_command() =>
        Assert.Contains("heliossync keys new", SecretStrength.Problem("short", production: true), StringComparison.Ordinal);
}
