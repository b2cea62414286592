namespace HeliosSync.Integration.Documentation;

/// <summary>The comparison sees what it is for; else the tests of the pages would be blind.</summary>
public sealed class ShownAnswersTests
{
    [Theory]
    [InlineData("""{"a": 1}""", """{"a": 2}""")]
    [InlineData("""{"a": 1}""", """{"a": "1"}""")]
    [InlineData("""{"a": 1}""", """{}""")]
    [InlineData("""{}""", """{"a": 1}""")]
    [InlineData("""{"a": [1]}""", """{"a": [1, 2]}""")]
    [InlineData("""{"a": [1, 2]}""", """{"a": [2, 1]}""")]
    [InlineData("""{"a": {"b": null}}""", """{"a": {"b": 0}}""")]
    [InlineData("""{"a": true}""", """{"a": false}""")]
    [InlineData("""{"server_node": null}""", """{"server_node": "x"}""")]
    [InlineData("""{"timestamp": 1}""", """{"timestamp": "1"}""")]
    [InlineData("""{"changes": [{"timestamp": "2025-11-24T10:30:00Z"}]}""", """{"changes": [{"timestamp": "2025-11-24T10:30:01Z"}]}""")]
    [InlineData("""{"code": "A", "request_id": "1"}""", """{"code": "B", "request_id": "2"}""")]
    [InlineData("""{"request_id": "1"}""", """{"request_id": "2"}""")]
    public void A_difference_is_seen(string shown, string given) => Assert.NotEmpty(new ShownAnswers().Differences(shown, given));

    [Theory]
    [InlineData("""{"a": 1, "b": [true]}""", """{"b":[true],"a":1}""")]
    [InlineData("""{"timestamp": 1, "uptime_secs": 10}""", """{"timestamp": 2, "uptime_secs": 0}""")]
    [InlineData("""{"code": "A", "request_id": "1"}""", """{"code": "A", "request_id": "2"}""")]
    [InlineData("""{"vector_clock": {"S": 7}, "server_node": "S"}""", """{"vector_clock": {"T": 7}, "server_node": "T"}""")]
    public void What_may_differ_may(string shown, string given) => Assert.Empty(new ShownAnswers().Differences(shown, given));

    [Fact]
    public void A_made_up_id_stands_for_the_same_real_one_all_over_the_page()
    {
        var answers = new ShownAnswers();
        Assert.Empty(answers.Differences("""{"server_node": "S"}""", """{"server_node": "T"}"""));
        Assert.Equal("""{"server_node": "T"}""", answers.Real("""{"server_node": "S"}"""));
        Assert.NotEmpty(answers.Differences("""{"server_node": "S"}""", """{"server_node": "U"}"""));
        Assert.NotEmpty(new ShownAnswers().Differences("""{"vector_clock": {"S": 7}}""", """{"vector_clock": {"T": 7}}"""));
    }
}
