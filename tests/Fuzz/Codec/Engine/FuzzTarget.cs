namespace HeliosSync.Fuzz.Codec;

/// <summary>A part of the codec with its oracle. Any exception that leaves <see cref="Run"/> is a finding.</summary>
internal abstract class FuzzTarget
{
    /// <summary>The name of its folder in the corpus.</summary>
    public abstract string Name { get; }

    /// <summary>No input is longer: what is far longer than a limit of the part teaches nothing that one byte over it does not.</summary>
    public virtual int InputBytesMax => 4_096;

    /// <summary>Pieces that chance would not come upon.</summary>
    public virtual IReadOnlyList<byte[]> Tokens => [];

    /// <summary>Its part of a run's executions, beside the others': the quicker ones take more of them in the same time.</summary>
    public virtual int Share => 1;

    /// <summary>Good inputs to begin with, always the same.</summary>
    public abstract IEnumerable<byte[]> Seeds();

    /// <summary>Runs one input; whether it was taken rather than refused.</summary>
    public abstract bool Run(byte[] input);
}
