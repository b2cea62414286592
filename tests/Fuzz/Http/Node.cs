using System.Text;

namespace HeliosSync.Fuzz.Http;

/// <summary>A piece of JSON that can also be none: names may stand twice, leaves are raw bytes.</summary>
internal abstract class Node
{
    public abstract void Write(MemoryStream to, Random chance);

    public byte[] ToBytes(Random chance)
    {
        using var to = new MemoryStream();
        Write(to, chance);
        return to.ToArray();
    }

    /// <summary>Now and then a blank, where JSON lets one stand.</summary>
    protected static void Blank(MemoryStream to, Random chance)
    {
        if (chance.Next(40) == 0)
        {
            to.WriteByte(" \t\r\n"u8[chance.Next(4)]);
        }
    }

    /// <summary>What stands between two brackets, with commas.</summary>
    protected static void List<T>(MemoryStream to, Random chance, string brackets, IEnumerable<T> items, Action<T> write)
    {
        to.WriteByte((byte)brackets[0]);
        var isFirst = true;
        foreach (var item in items)
        {
            if (!isFirst)
            {
                to.WriteByte((byte)',');
            }

            isFirst = false;
            Blank(to, chance);
            write(item);
        }

        to.WriteByte((byte)brackets[1]);
    }
}

/// <summary>A value as it is written.</summary>
internal sealed class Leaf(byte[] raw) : Node
{
    public Leaf(string raw)
        : this(Encoding.UTF8.GetBytes(raw))
    {
    }

    public byte[] Raw => raw;

    public static Leaf Of(long number) => new(number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public static Leaf Text(string plain) => new($"\"{plain}\"");

    public override void Write(MemoryStream to, Random chance) => to.Write(raw);
}

/// <summary>An object; a name is what stands between its quotes.</summary>
internal sealed class Obj(params (string Name, Node Value)[] fields) : Node
{
    public List<(string Name, Node Value)> Fields { get; } = [.. fields];

    public Node this[string name]
    {
        set
        {
            var at = Fields.FindIndex(f => f.Name == name);
            if (at < 0)
            {
                Fields.Add((name, value));
            }
            else
            {
                Fields[at] = (name, value);
            }
        }
    }

    public override void Write(MemoryStream to, Random chance) => List(to, chance, "{}", Fields, field =>
    {
        to.Write(Encoding.UTF8.GetBytes($"\"{field.Name}\":"));
        Blank(to, chance);
        field.Value.Write(to, chance);
    });
}

/// <summary>An array.</summary>
internal sealed class Arr(params IEnumerable<Node> items) : Node
{
    public List<Node> Items { get; } = [.. items];

    public override void Write(MemoryStream to, Random chance) =>
        List(to, chance, "[]", Items, item => item.Write(to, chance));
}
