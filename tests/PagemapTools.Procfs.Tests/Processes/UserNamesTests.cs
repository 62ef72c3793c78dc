using System.Diagnostics;
using System.Text;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

/// <summary>The names of users, from a name service that answers and from one that does not.</summary>
[Trait("Tier", "Unit")]
public sealed class UserNamesTests : IDisposable
{
    private const uint Silent = 4711;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly ManualResetEventSlim _answer = new();
    private readonly ManualResetEventSlim _asked = new();
    private int _lookups;

    public void Dispose()
    {
        _answer.Set();
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref _lookups) == 0, s_patience));
        _answer.Dispose();
        _asked.Dispose();
    }

    [Fact]
    public void AUserWithoutANameIsItsNumberAndBytesThatAreNoTextStayVisible()
    {
        UserNames names = new(Find, s_patience);
        Assert.Equal(("user1", "4", @"\xff"), (Get(names, 1), Get(names, 4), Get(names, 5)));
    }

    [Fact]
    public void TheNumberStandsForAUserWhoseNameDoesNotCome()
    {
        UserNames names = new(Find, TimeSpan.FromMilliseconds(300));
        Assert.Equal("user1", Get(names, 1));
        Assert.Equal("4711", Get(names, Silent));

        // No further lookup begins, and none is waited for.
        Assert.Equal(("4711", "2", "user1"), (Get(names, Silent), Get(names, 2), Get(names, 1)));
        _answer.Set();
        Assert.True(SpinWait.SpinUntil(() => Get(names, Silent) == "user4711", s_patience));
    }

    [Fact]
    public async Task CancellationEndsTheWait()
    {
        UserNames names = new(Find, s_patience);
        using CancellationTokenSource cancellation = new();
        Task<string> wait = Task.Run(() => names.Get(Silent, cancellation.Token), TestContext.Current.CancellationToken);
        Assert.True(_asked.Wait(s_patience, TestContext.Current.CancellationToken));

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait.WaitAsync(s_patience, TestContext.Current.CancellationToken));
    }

    /// <summary>A target is left when its thread does not get on. A thread that waits for a name must not look like that.</summary>
    [Fact]
    public void AProcessWhoseUserHasNoNameYetIsNotTakenForOneThatDoesNotAnswer()
    {
        UserNames names = new(Find, TimeSpan.FromSeconds(2));
        string name = TargetRun.Read(ProcRoot.Default, Environment.ProcessId, token => names.Get(Silent, token), new TargetRunOptions { Timeout = TimeSpan.FromSeconds(1) }, TestContext.Current.CancellationToken);
        Assert.Equal("4711", name);
    }

    private static string Get(UserNames names, uint userId) => names.Get(userId, TestContext.Current.CancellationToken);

    private byte[]? Find(uint userId)
    {
        Interlocked.Increment(ref _lookups);
        try
        {
            if (userId == Silent)
            {
                _asked.Set();
                _answer.Wait();
            }

            return userId switch
            {
                4 => [],
                5 => [0xff],
                _ => Encoding.UTF8.GetBytes($"user{userId}"),
            };
        }
        finally
        {
            Interlocked.Decrement(ref _lookups);
        }
    }
}
