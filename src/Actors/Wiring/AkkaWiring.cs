using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Hosting.Logging;
using Akka.Persistence.Sql;
using Akka.Persistence.Sql.Config;
using Akka.Serialization;
using HeliosSync.Actors.Journal;
using HeliosSync.Actors.Tenants;
using HeliosSync.Codec;
using LinqToDB;
using Microsoft.Extensions.Logging;

namespace HeliosSync.Actors.Wiring;

/// <summary>All of Akka's configuration, in this one file. Why each line: ARCHITECTURE.md, "The journal's traps".</summary>
internal static class AkkaWiring
{
    private const string Hocon = """
        akka {
          loggers = ["Akka.Hosting.Logging.LoggerFactoryLogger, Akka.Hosting"]
          loglevel = INFO
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          stdout-loglevel = OFF
          actor {
            default-dispatcher {
              executor = "HeliosSync.Actors.Wiring.WorkExecutorConfigurator, HeliosSync.Actors"
            }
            serializers {
              refusing = "HeliosSync.Actors.Wiring.RefusingSerializer, HeliosSync.Actors"
            }
            serialization-bindings {
              "System.Object" = refusing
            }
          }
          coordinated-shutdown {
            run-by-clr-shutdown-hook = off
            exit-clr = off
          }
          persistence {
            max-concurrent-recoveries = 8
            journal {
              plugin = "akka.persistence.journal.sqlite"
              sqlite {
                class = "HeliosSync.Actors.Journal.SqliteJournal, HeliosSync.Actors"
                plugin-dispatcher = "akka.actor.default-dispatcher"
              }
              sql {
                provider-name = "SQLite.MS"
                connection-string = "set by code"
                auto-initialize = off
                tag-write-mode = Csv
                parallelism = 1
                buffer-size = 8192
                batch-size = 64
                replay-batch-size = 64
                prefer-parameters-on-multirow-insert = true
                read-isolation-level = read-uncommitted
              }
            }
            journal-plugin-fallback {
              recovery-event-timeout = 30s
              replay-filter {
                mode = off
              }
              circuit-breaker {
                max-failures = 1000000
                call-timeout = 60s
                reset-timeout = 1s
              }
            }
            snapshot-store {
              plugin = "akka.persistence.snapshot-store.sql"
              sql {
                class = "HeliosSync.Actors.Journal.SqlSnapshots, HeliosSync.Actors"
                provider-name = "SQLite.MS"
                connection-string = "set by code"
                auto-initialize = off
              }
            }
            snapshot-store-plugin-fallback {
              snapshot-is-optional = true
              circuit-breaker {
                max-failures = 1000000
                call-timeout = 20s
                reset-timeout = 1s
              }
            }
          }
        }
        """;

    private const string StockJournal = """
        akka.persistence.journal.plugin = "akka.persistence.journal.sql"
        """;

    /// <summary>An actor system over these files.</summary>
    /// <param name="files">The files.</param>
    /// <param name="threads">Where they are waited for.</param>
    /// <param name="work">Where actors run.</param>
    /// <param name="hash">The database's keyed hash.</param>
    /// <param name="logs">Where Akka logs to.</param>
    /// <param name="journal">What our own journal works with; null: Akka.Persistence.Sql takes its place.</param>
    /// <param name="plugins">What takes the place of the plugins above; null: they themselves.</param>
    public static ActorSystem Start(
        JournalFiles files,
        JournalThreads threads,
        Work work,
        KeyedHash hash,
        ILoggerFactory logs,
        SqliteJournalSetup? journal,
        StoragePlugins? plugins = null)
    {
        var dataOptions = new MultiDataOptionsSetup();
        dataOptions.AddDataOptions("akka.persistence.journal.sql", DataOptionsFor(files, files.Journal, threads.Journal));
        dataOptions.AddDataOptions("akka.persistence.snapshot-store.sql", DataOptionsFor(files, files.Snapshots, hopTo: null));
        var config = ConfigurationFactory.ParseString(plugins?.Hocon ?? "")
            .WithFallback(ConfigurationFactory.ParseString(journal is null ? StockJournal : ""))
            .WithFallback(ConfigurationFactory.ParseString(Hocon))
            .WithFallback(SqlPersistence.DefaultConfiguration);
        var setup = ActorSystemSetup.Create(
            [
                BootstrapSetup.Create().WithConfig(config), dataOptions, new LoggerFactorySetup(logs), Serializers(hash),
                new SqlSnapshotsSetup(threads, files), new WorkExecutorSetup(work), .. plugins?.Setups ?? [],
                .. journal is null ? Array.Empty<Setup>() : [journal],
            ]);
        return ActorSystem.Create("heliossync", setup);
    }

    private static DataOptions DataOptionsFor(JournalFiles files, string connectionString, BlockingThreads? hopTo) => new DataOptions()
        .UseConnectionString(ProviderName.SQLiteMS, connectionString)
        .UseAfterConnectionOpened(
            files.Prepare,
            async (connection, _) =>
            {
                // SQLite's driver has no asynchronous work. Without leaving the stream's thread here, every batch would be one event;
                // with it, events of other tenants gather meanwhile and share one fsync: group commit.
                // On a thread that may block, because it does. The snapshot store is on one already.
                if (hopTo is not null)
                {
                    await hopTo.HopAsync();
                }

                files.Prepare(connection);
            });

    private static SerializationSetup Serializers(KeyedHash hash) => SerializationSetup.Create(system =>
    [
        SerializerDetails.Create("heliossync-event", new JournalSerializer(system), [typeof(JournalEvent)]),
        SerializerDetails.Create("heliossync-snapshot", new SnapshotSerializer(system, hash), [typeof(StoredSnapshot)]),
        SerializerDetails.Create("heliossync-control", new ControlSerializer(system), [typeof(Stopping)]),
    ]);
}

/// <summary>Other storage plugins than the wiring's own: their configuration, and what they ask the actor system for.</summary>
/// <param name="Hocon">Goes over the wiring's configuration.</param>
/// <param name="Setups">What the plugins find in the actor system's settings.</param>
internal sealed record StoragePlugins(string Hocon, IReadOnlyList<Setup> Setups);
