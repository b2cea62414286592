using BenchmarkDotNet.Attributes;
using HeliosSync.Codec;
using HeliosSync.Domain;

namespace HeliosSync.Micro;

/// <summary>A page of 1,000 changes out of events: found and cut, not written. By the size of the pushes that they came in.</summary>
public class AssemblePage : OperationSet
{
    private const int Entries = 1_000;

    private readonly Journal _journal = new();
    private Pull _pull = null!;
    private Pull _filtered = null!;

    [Params(1, 100)]
    public int ChangesPerPush { get; set; }

    public override long Expected => Entries;

    public override void SetUp()
    {
        foreach (var rows in Row.Make(Entries).Chunk(ChangesPerPush))
        {
            _journal.Store(rows);
        }

        _pull = Journal.PullOf(Entries);
        _filtered = _pull with { Tables = [Row.Table] };
    }

    [Benchmark]
    public long Ours() => Assemble(_pull);

    [Benchmark]
    public long OursFiltered() => Assemble(_filtered);

    private long Assemble(Pull pull)
    {
        var page = new PageBuilder(pull, 0, _journal.Head, _journal.Node);
        foreach (var pushed in _journal.Pushes)
        {
            page.Add(pushed);
        }

        return page.Changes.Count;
    }
}
