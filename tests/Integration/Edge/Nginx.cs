using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using HeliosSync.Integration.Documentation;

namespace HeliosSync.Integration.Edge;

/// <summary>A fact that needs nginx, and says so where there is none.</summary>
internal sealed class NginxFactAttribute : FactAttribute
{
    public NginxFactAttribute()
    {
        if (Nginx.Program is null)
        {
            Skip = "This machine has no nginx (apt-get install nginx).";
        }
    }
}

/// <summary>
/// A real nginx before a server, with the configuration of docs/operations.md: nothing is changed but the addresses and the two files,
/// which that page leaves to its reader.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heliossync-nginx-");
    private readonly Process _process;

    private Nginx(Uri server, CertificateFolder certificates)
    {
        var port = FreePort();
        Address = new Uri($"https://127.0.0.1:{port}");
        var shown = Assert.Single(new Page("docs/operations.md").Blocks, static b => b.Language == "nginx").Text;
        shown = Put(shown, "127.0.0.1:8080", server.Authority);
        shown = Put(shown, "listen 443 ssl", $"listen 127.0.0.1:{port} ssl");
        shown = Put(shown, "/path/to/cert.pem", certificates.Chain);
        shown = Put(shown, "/path/to/key.pem", certificates.Key);
        var temporary = string.Join(' ', ((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
            .Select(name => $"{name}_temp_path {Path.Combine(_folder.FullName, name)};"));
        var file = Path.Combine(_folder.FullName, "nginx.conf");
        File.WriteAllText(file, $$"""
            daemon off;
            master_process off;
            pid {{_folder.FullName}}/pid;
            error_log stderr warn;
            events { worker_connections 256; }
            http {
            access_log off;
            {{temporary}}
            {{shown}}
            }
            """);
        _process = Process.Start(new ProcessStartInfo(Program!, ["-p", _folder.FullName, "-e", "stderr", "-c", file])
        {
            RedirectStandardError = true,
        })!;
    }

    /// <summary>Where it is; null where it is not.</summary>
    public static string? Program { get; } =
        ((string[])["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"]).FirstOrDefault(File.Exists);

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it, and waits until it listens.</summary>
    public static async Task<Nginx> StartAsync(Uri server, CertificateFolder certificates)
    {
        var nginx = new Nginx(server, certificates);
        await Waiting.UntilAsync(nginx.ListensAsync);
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<bool> ListensAsync()
    {
        Assert.False(_process.HasExited, _process.HasExited ? await _process.StandardError.ReadToEndAsync() : "");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string Put(string text, string what, string by)
    {
        Assert.Contains(what, text, StringComparison.Ordinal);
        return text.Replace(what, by, StringComparison.Ordinal);
    }

    private static int FreePort()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        return ((IPEndPoint)taken.LocalEndpoint).Port;
    }
}
