namespace HeliosSync.Property;

/// <summary>The measures of <see cref="TidyTests"/> see what they are for.</summary>
/// <remarks>Each is shown code that breaks the habit, and code that just keeps it.</remarks>
public sealed class MeasureTests
{
    [Theory]
    [InlineData(3, 0)]
    [InlineData(2, 1)]
    public void A_type_counts_from_its_first_token_to_its_last_brace(int linesMax, int findings) =>
        Assert.Equal(findings, Measure.LongTypes([SourceTree.Parse("// above\n[A]\nclass C\n{\n}\n")], linesMax).Count());

    [Fact]
    public void The_parts_of_a_partial_type_count_together()
    {
        var one = SourceTree.Parse("namespace N;\npartial class C\n{\n}\n");
        var other = SourceTree.Parse("namespace N { partial class C\n{\n} }\n");
        var apart = SourceTree.Parse("namespace M;\npartial class C\n{\n}\npartial class C<T>\n{\n}\n");
        Assert.Contains("N.C has 6 lines", Assert.Single(Measure.LongTypes([one, other, apart], 5)).What, StringComparison.Ordinal);
        Assert.Empty(Measure.LongTypes([one, other, apart], 6));
    }

    [Theory]
    [InlineData("void F()\n{\n}")]
    [InlineData("int F => 1\n + 1\n + 1;")]
    [InlineData("int F { get {\n return 1;\n} }")]
    [InlineData("C() {\n\n}")]
    [InlineData("System.Action F = () => {\n\n};")]
    [InlineData("[A]\n[B]\n/* above */ void F()\n{\n}")]
    public void A_function_of_three_lines_is_too_long_for_two(string member)
    {
        var tree = SourceTree.Parse($"class C {{ {member} }}");
        Assert.Single(Measure.LongFunctions(tree, 2));
        Assert.Empty(Measure.LongFunctions(tree, 3));
    }

    [Fact]
    public void A_local_function_and_top_level_statements_count_as_functions() =>
        Assert.Equal(2, Measure.LongFunctions(SourceTree.Parse("void F()\n{\n}\nF();"), 2).Count());

    [Fact]
    public void A_wide_line_is_seen_whatever_ends_it()
    {
        Assert.Equal("Sample.cs(2)", Assert.Single(Measure.WideLines(SourceTree.Parse("// 45\n// 456\r\n// 45\n"), 5)).Where);
        Assert.Empty(Measure.WideLines(SourceTree.Parse("// 456\r\n// 456"), 6));
    }

    [Theory]
    [InlineData("//\n//\n//\n")]
    [InlineData("//\n//\n//")]
    public void A_file_counts_its_lines_whether_or_not_the_last_is_ended(string text)
    {
        Assert.Single(Measure.LongFile(SourceTree.Parse(text), 2));
        Assert.Empty(Measure.LongFile(SourceTree.Parse(text), 3));
    }

    [Theory]
    [InlineData("public class C;", 1)]
    [InlineData("public delegate void D();", 1)]
    [InlineData("/// <summary>Says something.</summary>\npublic class C { public enum E { A } }", 1)]
    [InlineData("/// <summary>Says something.</summary>\npublic partial class C { }\npublic partial class C { }", 0)]
    [InlineData("/// <summary>Says something.</summary>\n[A]\npublic record R(int A);", 0)]
    [InlineData("// Says something.\npublic record struct R(int A);", 1)]
    [InlineData("class C { public class D; }", 0)]
    public void A_public_type_without_a_documentation_comment_is_seen(string text, int findings) =>
        Assert.Equal(findings, Measure.UndocumentedPublicTypes([SourceTree.Parse($"namespace N;\n{text}\n")]).Count());

    [Theory]
    [InlineData("DateTime.Now")]
    [InlineData("System.DateTime.UtcNow")]
    [InlineData("DateTimeOffset.Now")]
    [InlineData("DateTime.Today")]
    [InlineData("Guid.NewGuid()")]
    [InlineData("Guid.CreateVersion7()")]
    [InlineData("new Random(1)")]
    [InlineData("System.Random.Shared")]
    [InlineData("System.Security.Cryptography.RandomNumberGenerator.GetBytes(1)")]
    [InlineData("System.Environment.TickCount64")]
    [InlineData("Stopwatch.GetTimestamp()")]
    [InlineData("TimeProvider.System")]
    [InlineData("time.GetUtcNow()")]
    public void Clock_and_chance_are_seen(string expression) =>
        Assert.NotEmpty(Measure.ClockAndChance(SourceTree.Parse($"class C {{ object F() => {expression}; }}")));

    [Fact]
    public void A_time_that_comes_in_as_an_argument_is_no_clock() => Assert.Empty(
        Measure.ClockAndChance(SourceTree.Parse("using System.Text; class C { long F(DateTimeOffset now) => now.Ticks + push.Now; }")));

    [Theory]
    [InlineData("class C { async void F() { } }", 1)]
    [InlineData("class C { void F() { async void G() { } } }", 1)]
    [InlineData("class C { async Task F() { } }", 0)]
    [InlineData("class C { void F() => System.Threading.Thread.Sleep(1); }", 1)]
    [InlineData("// TO" + "DO: later", 1)]
    [InlineData("// FIX" + "ME", 1)]
    [InlineData("// to do", 0)]
    public void What_has_no_place_anywhere_is_seen(string text, int findings) =>
        Assert.Equal(findings, Measure.Sins(SourceTree.Parse(text)).Count());

    [Theory]
    [InlineData("static int F;", 1)]
    [InlineData("static int F { get; set; }", 1)]
    [InlineData("static readonly int F;", 0)]
    [InlineData("const int F = 1;", 0)]
    [InlineData("static int F { get; } = 1;", 0)]
    [InlineData("static int F() => 1;", 0)]
    [InlineData("int F;", 0)]
    public void A_static_that_can_be_set_is_seen(string member, int findings) =>
        Assert.Equal(findings, Measure.MutableStatics(SourceTree.Parse($"class C {{ {member} }}")).Count());
}
