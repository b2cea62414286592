namespace HeliosSync.Planted;

/// <summary>What the harness must not take for a catch.</summary>
public sealed class HarnessTests
{
    [Fact]
    public void The_list_has_fifteen_bugs_and_each_is_another() =>
        Assert.Equal(15, PlantedBugs.All.DistinctBy(b => b.Name).DistinctBy(b => string.Concat(b.Edits)).Count());

    [Theory]
    [InlineData("a b c", "b", "a x c")]
    [InlineData("a b c", "d", null)]
    [InlineData("a b b", "b", null)]
    [InlineData("aaa", "aa", null)]
    public void A_text_is_replaced_where_it_stands_once_and_else_the_bug_is_not_planted(string source, string find, string? replaced)
    {
        var edit = new Edit("Domain/Any.cs", find, "x");
        if (replaced is null)
        {
            Assert.Throws<InvalidOperationException>(() => Mutant.Apply(source, edit));
        }
        else
        {
            Assert.Equal(replaced, Mutant.Apply(source, edit));
        }
    }

    [Fact]
    public void A_mutant_that_does_not_compile_is_no_catch()
    {
        Edit[] edits = [new("Domain/PageCut.cs", "ServerLsn = lsn;", "ServerLsn = none;")];
        Assert.Throws<InvalidOperationException>(() => Mutant.Compile(["Domain"], edits));
    }

    [Fact]
    public void An_edit_outside_the_projects_that_are_compiled_is_no_bug()
    {
        Edit[] edits = [new("Host/Program.cs", "return", "throw")];
        Assert.Throws<ArgumentException>(() => Mutant.Compile(["Host"], edits));
    }

    [Theory]
    [InlineData(null, null, Ending.Broken)]
    [InlineData("Passed", "", Ending.Passes)]
    [InlineData("Failed", "Assert.Equal() Failure", Ending.Caught)]
    [InlineData("Failed", "System.TypeLoadException : no such type", Ending.Broken)]
    public void Only_a_failed_test_of_a_run_that_holds_together_is_a_catch(string? outcome, string? message, object ending)
    {
        var result = outcome is null
            ? "" : $"<UnitTestResult testName='N.C.T' outcome='{outcome}'><Message>{message}</Message></UnitTestResult>";
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"<TestRun xmlns='http://microsoft.com/schemas/VisualStudio/TeamTest/2010'>{result}</TestRun>");
            Assert.Equal((Ending)ending, TestResults.Read(file).Ending);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(0, "seeds   1,200", Ending.Passes)]
    [InlineData(0, "", Ending.Broken)]
    [InlineData(1, "seeds 3\nVIOLATION of NothingTwice: seed 3, step 9\nlsn 4", Ending.Caught)]
    [InlineData(1, "seeds 3\nVIOLATION of NoException: seed 3, step 9\nSystem.MissingMethodException: no", Ending.Broken)]
    [InlineData(1, "Unhandled exception", Ending.Broken)]
    [InlineData(134, "seeds 3\nVIOLATION of NothingTwice: seed 3, step 9\nlsn 4", Ending.Broken)]
    public void Only_a_broken_promise_that_the_simulation_names_is_a_catch(int exitCode, string output, object ending) =>
        Assert.Equal((Ending)ending, SimulationResults.Read(exitCode, output).Ending);
}
