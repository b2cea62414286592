using HeliosSync.Host;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Integration.Hosting;

/// <summary>The log: one event, one line, and nothing that a client sent can do anything there.</summary>
public sealed class LogTests : IDisposable
{
    private readonly LogLines _lines = new();

    public void Dispose() => _lines.Dispose();

    [Theory]
    [InlineData("plain-1.2_3:4", "plain-1.2_3:4")]
    [InlineData("", "\"\"")]
    [InlineData(null, "-")]
    [InlineData("two words", "\"two words\"")]
    [InlineData("a=b", "\"a=b\"")]
    [InlineData("line\r\nbreak", "\"line\\r\\nbreak\"")]
    [InlineData("\u001b[31mred", "\"\\u001b[31mred\"")]
    [InlineData("\u202egnp.exe", "\"\\u202egnp.exe\"")]
    [InlineData("\"quoted\" \\", "\"\\\"quoted\\\" \\\\\"")]
    [InlineData("\u00e4\ud83d\ude00\0\u0085\u2028", "\"\\u00e4\\ud83d\\ude00\\u0000\\u0085\\u2028\"")]
    public void A_value_is_escaped(string? value, string logged)
    {
        Say(static (log, v) => log.LogInformation("Said what={What} end", v), value);
        Assert.EndsWith($" info Test Said what={logged} end\n", Assert.Single(_lines.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void A_long_value_is_cut()
    {
        Say(static (log, v) => log.LogInformation("{What}", v), new string('a', 5_000_000));
        Assert.InRange(Assert.Single(_lines.Lines).Length, 500, 1_000);
    }

    [Fact]
    public void A_message_without_a_template_and_an_exception_stay_on_one_line()
    {
        using var factory = LoggerFactory.Create(b => b.AddProvider(_lines));
        factory.CreateLogger("Test").Log(
            LogLevel.Error, default, "state\nof things", new InvalidOperationException("broken\r\n\u001b[0m"), static (s, _) => s);
        var line = Assert.Single(_lines.Lines);
        Assert.Contains(" error Test state\\nof things exception=\"System.InvalidOperationException: broken\\r\\n\\u001b[0m", line,
            StringComparison.Ordinal);
        Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_is_logged_with_the_endpoints_path_and_never_with_what_was_typed()
    {
        await using var server = await TestServer.StartAsync();
        using var answer = await server.Http.GetAsync(new Uri(server.Address, "/api/v1/sync/secret%0d%0apath%1b%5b31m?token=xyz"));
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Contains(server.Log.Lines, static l => l.Contains("path=- status=404 code=NOT_FOUND", StringComparison.Ordinal));
        Assert.DoesNotContain(server.Log.Lines, static l => l.Contains("secret", StringComparison.Ordinal) || l.Contains("xyz",
            StringComparison.Ordinal));
    }

    [Fact]
    public void The_framework_is_kept_to_warnings_unless_it_is_named()
    {
        Assert.True(LogDirective.TryParse("debug,Microsoft.AspNetCore.Routing=debug,HeliosSync.Actors=error", out var directive, out _));
        using var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging(b => LogSetup.Use(b,
            directive)).BuildServiceProvider();
        var logs = services.GetRequiredService<ILoggerFactory>();
        Assert.False(logs.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Information));
        Assert.True(logs.CreateLogger("Microsoft.AspNetCore.Server.Kestrel").IsEnabled(LogLevel.Warning));
        Assert.True(logs.CreateLogger("Microsoft.AspNetCore.Routing.Matching").IsEnabled(LogLevel.Debug));
        Assert.True(logs.CreateLogger("HeliosSync.Host.RequestFrame").IsEnabled(LogLevel.Debug));
        Assert.False(logs.CreateLogger("HeliosSync.Actors.Anything").IsEnabled(LogLevel.Warning));
    }

    private void Say<T>(Action<ILogger, T> say, T value)
    {
        using var factory = LoggerFactory.Create(b => b.AddProvider(_lines));
        say(factory.CreateLogger("Test"), value);
    }
}
