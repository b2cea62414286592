namespace HeliosSync.Load.Compare;

/// <summary>What the server is to reach on a machine of two cores.</summary>
internal static class Targets
{
    /// <summary>CPU milliseconds for 1,000 rows of 200 bytes, pushed durably in batches of 100.</summary>
    public const double PushMillis = 6;

    /// <summary>How many times less that is than what the endpoint written by hand takes.</summary>
    public const double PushGain = 5;

    /// <summary>What a small push may take, in the sum of receiving and of storing it.</summary>
    public const double SmallFactor = 2;

    /// <summary>Milliseconds within which 99 of 100 small pushes are answered at half of the peak rate.</summary>
    public const double SmallP99Millis = 50;

    /// <summary>CPU milliseconds for 1,000 rows pulled from memory.</summary>
    public const double HotMillis = 1.5;

    /// <summary>CPU milliseconds for 1,000 rows pulled from the database.</summary>
    public const double ColdMillis = 2.5;

    /// <summary>Bytes for a CPU second, as a share of what serving ready pages gives.</summary>
    public const double PullShare = 0.5;

    /// <summary>How many times more a row may cost in a large tenant than in a small one.</summary>
    public const double FlatRows = 1.3;

    /// <summary>And with many active tenants, than with one.</summary>
    public const double FlatTenants = 1.5;

    /// <summary>Megabytes resident with a million rows in one tenant.</summary>
    public const double LargeMegabytes = 250;

    /// <summary>The most of them while a snapshot is made.</summary>
    public const double SnapshotMegabytes = 350;

    /// <summary>Megabytes that ten thousand registered clients may add.</summary>
    public const double ClientsMegabytes = 30;

    /// <summary>Memory after a load, as a multiple of that before.</summary>
    public const double MemoryReturn = 1.3;

    /// <summary>From a push's answer until every stream has it, 99 of 100 times: as a multiple of sending the same bytes alone.</summary>
    public const double FanOutFactor = 3;

    /// <summary>Kilobytes of the server's memory for a stream.</summary>
    public const double StreamKilobytes = 25;

    /// <summary>Share of a core, in percent, that idle streams may take.</summary>
    public const double IdlePercent = 5;

    /// <summary>Milliseconds from a push being sent until a pull that waits is answered, half of the time.</summary>
    public const double LongPollMillis = 20;
}
