using System.Numerics;
using System.Text;

namespace HeliosSync.Codec;

/// <summary>The known fields of one kind of object: each has a number, the required ones first. At most 32.</summary>
internal sealed class FieldSet
{
    private readonly string[] _names;
    private readonly byte[][] _utf8;
    private readonly uint _required;

    public FieldSet(string[] required, string[] optional)
    {
        _names = [.. required, .. optional];
        _utf8 = Array.ConvertAll(_names, Encoding.UTF8.GetBytes);
        _required = (1u << required.Length) - 1;
    }

    /// <summary>The name of a field by its number.</summary>
    public string this[int field] => _names[field];

    /// <summary>
    /// The number of the field with this name, −1 where it is unknown. Looks first at <paramref name="expected"/>: most objects bring
    /// their fields in the same order.
    /// </summary>
    public int Find(ReadOnlySpan<byte> name, int expected)
    {
        if (expected < _utf8.Length && name.SequenceEqual(_utf8[expected]))
        {
            return expected;
        }

        for (var field = 0; field < _utf8.Length; field++)
        {
            if (name.SequenceEqual(_utf8[field]))
            {
                return field;
            }
        }

        return -1;
    }

    /// <summary>The first required field whose bit is not set; null where all are.</summary>
    public string? FirstMissing(uint present)
    {
        var missing = _required & ~present;
        return missing == 0 ? null : _names[BitOperations.TrailingZeroCount(missing)];
    }
}
