using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using HeliosSync.Codec;

namespace HeliosSync.Micro;

/// <summary>The answer to a push of 100 changes, all accepted.</summary>
public class WriteAck : OperationSet
{
    private static readonly Dictionary<long, ServerChange> NoConflicts = [];

    private readonly AckWriter _writer = new(PushReading.Zstd);
    private readonly ArrayBufferWriter<byte> _to = new(64 * 1_024);
    private readonly Journal _journal = new();

    public override long Expected => Encoding.ASCII.GetByteCount($$$"""
        {"type":"push_ack","request_id":"{{{new Guid(1, 0, 0, new byte[8])}}}","accepted_lsns":[{{{Numbers()}}}],
        "assigned_lsns":[{{{Numbers()}}}],"conflicts":[],"server_lsn":100,"head_lsn":100,
        "vector_clock":{"{{{Bodies.ServerNode}}}":100,"{{{Bodies.Client}}}":100}}
        """.ReplaceLineEndings(""));

    public override void SetUp() => _journal.Store(Row.Make(100));

    [Benchmark]
    public long Ours()
    {
        _to.ResetWrittenCount();
        _writer.Write(_to, _journal.Pushes[0], NoConflicts, 100, 100, Bodies.ServerNode, _journal.Node, 100);
        return _to.WrittenCount;
    }

    private static string Numbers() => string.Join(',', Enumerable.Range(1, 100));
}
