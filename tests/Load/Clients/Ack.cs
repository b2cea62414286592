using System.Text.Json;

namespace HeliosSync.Load.Clients;

/// <summary>What an acknowledgement says (protocol 4.3).</summary>
/// <param name="Accepted">The client's own numbers of what was accepted.</param>
/// <param name="Assigned">The server's LSNs for them.</param>
/// <param name="Conflicts">How many conflicts it reports.</param>
internal sealed record Ack(IReadOnlyList<long> Accepted, IReadOnlyList<long> Assigned, int Conflicts)
{
    /// <summary>Reads one; throws where it is not one.</summary>
    public static Ack Read(byte[] body)
    {
        List<long>? accepted = null, assigned = null;
        var conflicts = 0;
        var json = new Utf8JsonReader(body);
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("accepted_lsns"u8))
            {
                accepted = Numbers(ref json);
            }
            else if (json.ValueTextEquals("assigned_lsns"u8))
            {
                assigned = Numbers(ref json);
            }
            else if (json.ValueTextEquals("conflicts"u8))
            {
                conflicts = Count(ref json);
            }
            else
            {
                json.Skip();
            }
        }

        return accepted?.Count == assigned?.Count && accepted is not null
            ? new Ack(accepted, assigned!, conflicts)
            : throw new InvalidDataException("An acknowledgement lacks its numbers, or has not one LSN for each.");
    }

    private static List<long> Numbers(ref Utf8JsonReader json)
    {
        var numbers = new List<long>();
        json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            numbers.Add(json.GetInt64());
        }

        return numbers;
    }

    private static int Count(ref Utf8JsonReader json)
    {
        var count = 0;
        json.Read();
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            json.Skip();
            count++;
        }

        return count;
    }
}
