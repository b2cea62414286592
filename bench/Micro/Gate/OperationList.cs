using System.Globalization;
using System.Reflection;
using BenchmarkDotNet.Attributes;

namespace HeliosSync.Micro;

/// <summary>One operation, made ready.</summary>
/// <param name="Name">The class, its parameters and the method, as in <c>DecidePush(Rows=10000).Decide</c>.</param>
/// <param name="Run">Does it once.</param>
/// <param name="Expected">What it gives back.</param>
internal sealed record MicroOperation(string Name, Func<long> Run, long Expected);

/// <summary>All operations, found by the attributes that BenchmarkDotNet finds them by.</summary>
internal static class OperationList
{
    /// <summary>The classes of benchmarks, by name.</summary>
    public static Type[] Types { get; } =
    [
        .. typeof(OperationSet).Assembly.GetTypes()
            .Where(static t => t.IsSubclassOf(typeof(OperationSet)) && !t.IsAbstract)
            .OrderBy(static t => t.Name, StringComparer.Ordinal),
    ];

    /// <summary>
    /// The operations whose class and method contain all these texts, one after the other: of those that need much memory only one set is
    /// there at a time.
    /// </summary>
    public static IEnumerable<MicroOperation> All(params IReadOnlyList<string> parts)
    {
        bool IsAsked(MethodInfo method) => method.IsDefined(typeof(BenchmarkAttribute))
            && parts.All(p => $"{method.DeclaringType!.Name}.{method.Name}".Contains(p, StringComparison.OrdinalIgnoreCase));
        foreach (var type in Types.Where(t => t.GetMethods().Any(IsAsked)))
        {
            var parameter = type.GetProperties().SingleOrDefault(static p => p.IsDefined(typeof(ParamsAttribute)));
            foreach (var value in parameter?.GetCustomAttribute<ParamsAttribute>()!.Values ?? [null])
            {
                var set = (OperationSet)Activator.CreateInstance(type)!;
                parameter?.SetValue(set, value);
                set.SetUp();
                var parameters = parameter is null ? "" : string.Create(CultureInfo.InvariantCulture, $"({parameter.Name}={value})");
                foreach (var method in type.GetMethods().Where(IsAsked))
                {
                    yield return new($"{type.Name}{parameters}.{method.Name}", method.CreateDelegate<Func<long>>(set), set.Expected);
                }
            }
        }
    }
}
