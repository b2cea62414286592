using System.Reflection;
using System.Runtime.Loader;
using SharpFuzz;

namespace HeliosSync.Fuzz.Codec;

/// <summary>
/// A second copy of this program's own assemblies in the same process, in which the codec and the domain count their branches. The files
/// that the build made are not touched: copies are instrumented, in a folder that goes with this object.
/// </summary>
internal sealed class InstrumentedCode : AssemblyLoadContext, IDisposable
{
    private static readonly string[] Instrumented = ["HeliosSync.Codec", "HeliosSync.Domain"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("heliossync-fuzz-");

    public InstrumentedCode()
        : base("instrumented")
    {
        foreach (var name in Instrumented)
        {
            var copy = Path.Combine(_folder.FullName, name + ".dll");
            File.Copy(Path.Combine(AppContext.BaseDirectory, name + ".dll"), copy);
            var types = Fuzzer.Instrument(copy, static _ => true, Options.Value).Count();
            if (types == 0 && new FileInfo(copy).Length == new FileInfo(Path.Combine(AppContext.BaseDirectory, name + ".dll")).Length)
            {
                throw new InvalidOperationException($"{name} could not be instrumented.");
            }
        }

        Copied(typeof(EdgeMap)).GetMethod(nameof(EdgeMap.Attach))!.Invoke(null, []);
    }

    /// <summary>This program's type of that name, as the copy has it.</summary>
    public Type Copied(Type type) =>
        LoadFromAssemblyPath(type.Assembly.Location).GetType(type.FullName!, throwOnError: true)!;

    public void Dispose() => _folder.Delete(recursive: true);

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        var file = assemblyName.Name + ".dll";
        var copy = Path.Combine(_folder.FullName, file);
        var own = Path.Combine(AppContext.BaseDirectory, file);
        var isOurs = file.StartsWith("HeliosSync.", StringComparison.Ordinal) || assemblyName.Name == "SharpFuzz.Common";
        return File.Exists(copy) ? LoadFromAssemblyPath(copy) : isOurs && File.Exists(own) ? LoadFromAssemblyPath(own) : null;
    }
}
