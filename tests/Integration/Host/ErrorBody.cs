using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Serialization;

namespace HeliosSync.Integration.Hosting;

/// <summary>The error body of protocol 3, as a client reads it.</summary>
public sealed record ErrorBody(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("code")] string Code,
    [property: JsonPropertyName("details")] string? Details,
    [property: JsonPropertyName("request_id")] string RequestId);

/// <summary>Requests and answers of the host's tests.</summary>
internal static class Requests
{
    /// <summary>A POST with a JSON body, as long as nothing else is said.</summary>
    public static HttpRequestMessage Post(string path, string? token = null, string body = "{}")
    {
        var content = new StringContent(body, Encoding.UTF8, "application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        return request;
    }

    /// <summary>The answer's error, which must be whole, with the request id of the header.</summary>
    public static async Task<ErrorBody> ErrorAsync(this HttpResponseMessage answer)
    {
        var error = (await answer.Content.ReadFromJsonAsync<ErrorBody>())!;
        Assert.Equal("application/json", answer.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(error.Error);
        Assert.Equal([error.RequestId], answer.Headers.GetValues("X-Request-ID"));
        return error;
    }

    /// <summary>Sends and expects that error.</summary>
    public static async Task<ErrorBody> RefusedAsync(this HttpClient http, HttpRequestMessage request, int status, string code)
    {
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        var got = (int)answer.StatusCode;
        Assert.True(got == status && text.Contains($"\"{code}\"", StringComparison.Ordinal), $"{got} {text}");
        return await answer.ErrorAsync();
    }
}
