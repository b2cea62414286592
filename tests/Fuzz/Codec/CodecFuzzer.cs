namespace HeliosSync.Fuzz.Codec;

/// <summary>The targets, and the command <c>codec</c>.</summary>
internal static class CodecFuzzer
{
    /// <summary>New ones each time: some keep buffers, and none may be run by two threads.</summary>
    public static IReadOnlyList<FuzzTarget> Targets() =>
    [
        new PushTarget(), new PullTarget(), new RegisterTarget(), new HeartbeatTarget(), new ClockTarget(), new IntegersTarget(),
        new TimestampTarget(), new Base64Target(), new TokenTarget(), new ZstdTarget(), new EventTarget(), new ViewTarget(),
        new SnapshotTarget(), new EnvelopeTarget(),
    ];

    /// <summary>Runs the long form on instrumented code.</summary>
    public static Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, CancellationToken ct)
    {
        using var code = new InstrumentedCode();
        var run = code.Copied(typeof(CodecSession)).GetMethod(nameof(CodecSession.Run))!;
        return Task.FromResult((int)run.Invoke(null, [args, output, ct])!);
    }
}
