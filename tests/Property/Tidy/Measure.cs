using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace HeliosSync.Property;

/// <summary>One thing that breaks a habit of the code, and where: what a failing test prints.</summary>
/// <param name="Where">The file below the root, with a line if one line is meant.</param>
/// <param name="What">The thing found.</param>
internal sealed record Finding(string Where, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Where}: {What}";
}

/// <summary>Counts lines in syntax trees and finds what the code must not have.</summary>
/// <remarks>Knows no folder: the tests say what is asked where.</remarks>
internal static class Measure
{
    /// <summary>Types with more lines than allowed, the parts of a partial one added up over all the trees.</summary>
    /// <remarks>Attributes and comments above a type do not count.</remarks>
    public static IEnumerable<Finding> LongTypes(IEnumerable<SyntaxTree> trees, int linesMax) =>
        from tree in trees
        from type in tree.GetRoot().DescendantNodes().OfType<BaseTypeDeclarationSyntax>()
        group type by FullName(type) into parts
        let lines = parts.Sum(Lines)
        where lines > linesMax
        select new Finding(parts.First().SyntaxTree.FilePath, $"type {parts.Key} has {lines} lines, at most {linesMax} are allowed");

    /// <summary>Functions with more lines than allowed: methods, accessors, local functions, lambdas and top-level statements.</summary>
    /// <remarks>Attributes and comments above a function do not count.</remarks>
    public static IEnumerable<Finding> LongFunctions(SyntaxTree tree, int linesMax)
    {
        var root = tree.GetCompilationUnitRoot();
        var found = root.DescendantNodes().Where(IsFunction).Where(f => Lines(f) > linesMax)
            .Select(f => At(f, $"{NameOf(f)} has {Lines(f)} lines, at most {linesMax} are allowed"));
        var statements = root.Members.OfType<GlobalStatementSyntax>().Sum(Lines);
        return statements > linesMax
            ? found.Append(new Finding(tree.FilePath, $"{statements} lines of top-level statements, at most {linesMax} are allowed"))
            : found;
    }

    /// <summary>Lines wider than allowed, in UTF-16 code units.</summary>
    public static IEnumerable<Finding> WideLines(SyntaxTree tree, int columnsMax) =>
        from line in tree.GetText().Lines
        where line.Span.Length > columnsMax
        select new Finding($"{tree.FilePath}({line.LineNumber + 1})", $"{line.Span.Length} columns, at most {columnsMax} are allowed");

    /// <summary>A file with more lines than allowed.</summary>
    public static IEnumerable<Finding> LongFile(SyntaxTree tree, int linesMax)
    {
        var text = tree.GetText();
        var lines = text.Lines[^1].Span.IsEmpty ? text.Lines.Count - 1 : text.Lines.Count;
        return lines > linesMax ? [new Finding(tree.FilePath, $"{lines} lines, at most {linesMax} are allowed")] : [];
    }

    /// <summary>Public types, seen from outside the assembly, none of whose parts has a documentation comment.</summary>
    public static IEnumerable<Finding> UndocumentedPublicTypes(IEnumerable<SyntaxTree> trees) =>
        from tree in trees
        from type in tree.GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>()
        where type is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax
        group type by FullName(type) into parts
        where parts.Any(p => p.AncestorsAndSelf().OfType<MemberDeclarationSyntax>()
            .Where(m => m is not BaseNamespaceDeclarationSyntax).All(m => m.Modifiers.Any(SyntaxKind.PublicKeyword)))
        where !parts.Any(p => p.GetLeadingTrivia().Any(t => t.HasStructure && t.GetStructure() is DocumentationCommentTriviaSyntax))
        select At(parts.First(), $"public type {parts.Key} has no documentation comment");

    /// <summary>Uses of the clock or of chance, which the domain and the codec take as arguments.</summary>
    public static IEnumerable<Finding> ClockAndChance(SyntaxTree tree) =>
        from name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>()
        let qualifier = ((name.Parent as MemberAccessExpressionSyntax)?.Expression as SimpleNameSyntax)?.Identifier.Text
            ?? ((name.Parent as MemberAccessExpressionSyntax)?.Expression as MemberAccessExpressionSyntax)?.Name.Identifier.Text
        where name.Identifier.Text is "Random" or "RandomNumberGenerator" or "Stopwatch" or "NewGuid" or "CreateVersion7"
                or "TickCount" or "TickCount64" or "GetUtcNow" or "GetTimestamp" or "UtcNow"
            || (name.Identifier.Text, qualifier) is ("Now" or "Today", "DateTime" or "DateTimeOffset") or ("System", "TimeProvider")
        select At(name, $"{name.Identifier.Text} reads the clock or draws by chance");

    /// <summary>What has no place anywhere: <c>async void</c>, threads put to sleep, notes of work left to do.</summary>
    public static IEnumerable<Finding> Sins(SyntaxTree tree)
    {
        var root = tree.GetRoot();
        var asyncVoid = root.DescendantNodes()
            .Where(n => n is MethodDeclarationSyntax m && IsAsyncVoid(m.Modifiers, m.ReturnType)
                || n is LocalFunctionStatementSyntax f && IsAsyncVoid(f.Modifiers, f.ReturnType))
            .Select(n => At(n, $"{NameOf(n)} is async void"));
        var sleeps = root.DescendantNodes().OfType<MemberAccessExpressionSyntax>()
            .Where(m => m.Name.Identifier.Text == "Sleep" && m.Expression.ToString().EndsWith("Thread", StringComparison.Ordinal))
            .Select(m => At(m, "a thread is put to sleep"));
        string[] notes = ["TO" + "DO", "FIX" + "ME"];
        var left = tree.GetText().Lines.Where(l => notes.Any(n => l.ToString().Contains(n, StringComparison.Ordinal)))
            .Select(l => new Finding($"{tree.FilePath}({l.LineNumber + 1})", "a note of work left to do"));
        return [.. asyncVoid, .. sleeps, .. left];
    }

    /// <summary>Static fields and properties that can be set after start: three hosts run in one process and must not meet there.</summary>
    public static IEnumerable<Finding> MutableStatics(SyntaxTree tree) =>
        from member in tree.GetRoot().DescendantNodes().OfType<MemberDeclarationSyntax>()
        where member.Modifiers.Any(SyntaxKind.StaticKeyword)
        where member is FieldDeclarationSyntax && !member.Modifiers.Any(SyntaxKind.ReadOnlyKeyword)
            || member is PropertyDeclarationSyntax { AccessorList: { } accessors }
                && accessors.Accessors.Any(a => a.IsKind(SyntaxKind.SetAccessorDeclaration))
        select At(member, "a static that can be set");

    private static bool IsAsyncVoid(SyntaxTokenList modifiers, TypeSyntax returned) =>
        modifiers.Any(SyntaxKind.AsyncKeyword) && returned is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword };

    private static bool IsFunction(SyntaxNode node) =>
        node is BaseMethodDeclarationSyntax or AccessorDeclarationSyntax or LocalFunctionStatementSyntax
            or AnonymousFunctionExpressionSyntax
            or PropertyDeclarationSyntax { ExpressionBody: not null }
            or IndexerDeclarationSyntax { ExpressionBody: not null };

    private static string NameOf(SyntaxNode function) => function switch
    {
        MethodDeclarationSyntax m => m.Identifier.Text,
        LocalFunctionStatementSyntax f => f.Identifier.Text,
        PropertyDeclarationSyntax p => p.Identifier.Text,
        ConstructorDeclarationSyntax c => c.Identifier.Text,
        _ => $"a {function.Kind()}",
    };

    private static int Lines(SyntaxNode node)
    {
        var attributes = node.ChildNodes().OfType<AttributeListSyntax>().LastOrDefault();
        var first = attributes is null ? node.GetFirstToken() : attributes.GetLastToken().GetNextToken();
        var lines = node.SyntaxTree.GetText().Lines;
        return lines.GetLineFromPosition(node.Span.End).LineNumber - lines.GetLineFromPosition(first.SpanStart).LineNumber + 1;
    }

    private static string FullName(MemberDeclarationSyntax type)
    {
        var names = type.AncestorsAndSelf().Reverse().Select(n => n switch
        {
            BaseNamespaceDeclarationSyntax s => s.Name.ToString(),
            TypeDeclarationSyntax { TypeParameterList.Parameters.Count: var arity } t => $"{t.Identifier.Text}`{arity}",
            BaseTypeDeclarationSyntax t => t.Identifier.Text,
            DelegateDeclarationSyntax d => d.Identifier.Text,
            _ => null,
        });
        return string.Join('.', names.OfType<string>());
    }

    private static Finding At(SyntaxNode node, string what) =>
        new($"{node.SyntaxTree.FilePath}({node.SyntaxTree.GetLineSpan(node.Span).StartLinePosition.Line + 1})", what);
}
