using System.Globalization;
using System.IO.Hashing;
using System.Security.Claims;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.IdentityModel.Tokens;

namespace HeliosSync.Baselines.HandWritten;

/// <summary>
/// What a good developer would have after an hour: a minimal API, records, one table, a transaction a push. It speaks push and pull of
/// docs/protocol.md as far as a client that makes no mistake and meets no conflict can tell; it knows no repeats, no clocks, no limits.
/// </summary>
internal static class HandWrittenServer
{
    private const int EntriesMax = 1_000;

    public static async Task RunAsync()
    {
        // What is beside the program, and not the working directory: there is the database, and settings files are watched for writes.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls($"http://{Variable("BIND_ADDR")}");
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Services.ConfigureHttpJsonOptions(static json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, MessageContext.Default);
        });
        // Signing in comes with keys for cookies, which nobody here has; they need not be left on the disk.
        builder.Services.AddDataProtection().PersistKeysToFileSystem(new DirectoryInfo(Path.Combine(Variable("DATA_DIR"), "keys")));
        builder.Services.AddAuthentication().AddJwtBearer(jwt =>
        {
            jwt.MapInboundClaims = false;
            jwt.TokenValidationParameters = new TokenValidationParameters
            {
                ValidIssuer = "heliosdb-sync",
                ValidAudience = "heliosdb-client",
                IssuerSigningKey = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(Variable("JWT_SECRET"))),
            };
        });
        builder.Services.AddAuthorizationBuilder()
            .AddPolicy("read", static policy => policy.RequireClaim("scopes", "sync:read"))
            .AddPolicy("write", static policy => policy.RequireClaim("scopes", "sync:write"));
        using var table = new ChangeTable(Variable("DATA_DIR"));
        builder.Services.AddSingleton(table);

        var app = builder.Build();
        app.UseAuthentication();
        app.UseAuthorization();
        var sync = app.MapGroup("/api/v1/sync");
        sync.MapPost("/push", PushAsync).RequireAuthorization("write");
        sync.MapPost("/pull", Pull).RequireAuthorization("read");
        await app.RunAsync();
    }

    private static async Task<IResult> PushAsync(PushRequest push, HttpContext http, ChangeTable table, CancellationToken ct)
    {
        if (push.ClientId != http.User.FindFirstValue("client_id"))
        {
            return Error(http, StatusCodes.Status403Forbidden, "CLIENT_MISMATCH", null);
        }

        foreach (var change in push.Changes)
        {
            var crc = new Crc32();
            crc.Append(change.Key);
            crc.Append(change.Data);
            if (crc.GetCurrentHashAsUInt32() != change.Checksum)
            {
                return Error(http, StatusCodes.Status400BadRequest, "CHECKSUM_MISMATCH", $"change {change.Lsn}");
            }
        }

        var lsns = await table.InsertAsync(Tenant(http), push.ClientId, push.Changes, ct);
        var accepted = push.Changes.ConvertAll(static change => change.Lsn);
        return TypedResults.Ok(new PushAck("push_ack", push.MessageId, accepted, lsns, [], lsns[^1], lsns[^1], []));
    }

    private static IResult Pull(PullRequest pull, HttpContext http, ChangeTable table)
    {
        if (pull.ClientId != http.User.FindFirstValue("client_id"))
        {
            return Error(http, StatusCodes.Status403Forbidden, "CLIENT_MISMATCH", null);
        }

        var since = pull.ContinuationToken is { } token ? long.Parse(token, CultureInfo.InvariantCulture) : pull.SinceLsn;
        var limit = Math.Clamp(pull.MaxEntries ?? EntriesMax, 1, EntriesMax);
        var changes = table.Read(Tenant(http), since, limit + 1);
        var more = changes.Count > limit;
        if (more)
        {
            changes.RemoveAt(limit);
        }

        var last = changes.Count > 0 ? changes[^1].Lsn : since;
        var next = more ? last.ToString(CultureInfo.InvariantCulture) : null;
        var head = more ? table.Head(Tenant(http)) : last;
        return TypedResults.Ok(new PullResponse("pull_response", pull.MessageId, changes, last, more, next, [], head));
    }

    private static string Tenant(HttpContext http) =>
        http.User.FindFirstValue("tenant_id") ?? throw new BadHttpRequestException("The token names no tenant.");

    private static JsonHttpResult<ErrorBody> Error(HttpContext http, int status, string code, string? details) =>
        TypedResults.Json(new ErrorBody("The request was refused.", code, details, http.TraceIdentifier), statusCode: status);

    private static string Variable(string name) =>
        Environment.GetEnvironmentVariable(name) ?? throw new InvalidOperationException($"{name} is not set.");
}
