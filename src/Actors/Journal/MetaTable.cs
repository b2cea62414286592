using Microsoft.Data.Sqlite;

namespace HeliosSync.Actors.Journal;

/// <summary>
/// What the database says of itself: values by name, in the table <c>heliossync_meta</c>. In the connection's transaction, if it has one.
/// </summary>
internal static class MetaTable
{
    /// <summary>The value of that name, whatever it is; null where there is none.</summary>
    public static object? Read(SqliteConnection connection, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT value FROM heliossync_meta WHERE name = $name";
        command.Parameters.AddWithValue("$name", name);
        return command.ExecuteScalar();
    }

    /// <summary>Stores a value, in the place of another of that name where there is one.</summary>
    public static void Put(SqliteConnection connection, string name, byte[] value)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "INSERT INTO heliossync_meta VALUES ($name, $value) ON CONFLICT (name) DO UPDATE SET value = $value";
        command.Parameters.AddWithValue("$name", name);
        command.Parameters.AddWithValue("$value", value);
        command.ExecuteNonQuery();
    }
}
