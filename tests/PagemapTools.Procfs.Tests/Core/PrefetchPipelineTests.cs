using System.Collections.Concurrent;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class PrefetchPipelineTests
{
    private const int Depth = 2;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public void ItemsPassBothStepsInOrderAndOneAtATime()
    {
        int made = 0;
        int making = 0;
        int finishing = 0;
        using PrefetchPipeline<Item> items = new(
            Depth,
            () =>
            {
                Assert.Equal(1, Interlocked.Increment(ref making));
                Thread.Sleep(1);
                Interlocked.Decrement(ref making);
                return made < 100 ? new Item(made++) : null;
            },
            item =>
            {
                Assert.Equal(1, Interlocked.Increment(ref finishing));
                Thread.Sleep(3);
                Interlocked.Decrement(ref finishing);
                item.IsFinished = true;
            });

        for (int expected = 0; expected < 100; expected++)
        {
            Item item = items.Next()!;
            Assert.Equal((expected, true), (item.Number, item.IsFinished));
        }

        Assert.Null(items.Next());
        Assert.Null(items.Next());
    }

    [Fact]
    public void ThePipelineFinishesNoMoreItemsAheadThanItsDepth()
    {
        int made = 0;
        int finished = 0;
        using PrefetchPipeline<Item> items = new(Depth, () => new Item(Interlocked.Increment(ref made)), _ => Interlocked.Increment(ref finished));

        for (int taken = 1; taken <= 5; taken++)
        {
            items.Next();
            int expected = taken + Depth;
            Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref finished) == expected, s_timeout));
            Assert.Equal(expected, Volatile.Read(ref made));
        }
    }

    [Fact]
    public void TheFirstStepRunsBesideTheSecond()
    {
        using Barrier barrier = new(participantCount: 2);
        ConcurrentQueue<bool> arrivals = new();
        int made = 0;
        using PrefetchPipeline<Item> items = new(
            Depth,
            () =>
            {
                if (made++ == 1)
                {
                    arrivals.Enqueue(barrier.SignalAndWait(s_timeout));
                }

                return new Item(made);
            },
            item =>
            {
                if (item.Number == 1)
                {
                    arrivals.Enqueue(barrier.SignalAndWait(s_timeout));
                }
            });

        items.Next();
        items.Next();

        Assert.Equal([true, true], arrivals);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AFailureFollowsTheItemsBeforeIt(bool inFirstStep)
    {
        int made = 0;
        using PrefetchPipeline<Item> items = new(
            Depth,
            () => inFirstStep && made == 3 ? throw new InvalidOperationException("first") : new Item(made++),
            item => _ = !inFirstStep && item.Number == 3 ? throw new InvalidOperationException("second") : item);

        Assert.Equal([0, 1, 2], Enumerable.Range(0, 3).Select(_ => items.Next()!.Number));
        Assert.Equal(inFirstStep ? "first" : "second", Assert.Throws<InvalidOperationException>(items.Next).Message);
    }

    [Fact]
    public void DisposeWaitsForTheRunningStep()
    {
        int running = 0;
        PrefetchPipeline<Item> items = new(Depth, () =>
        {
            Interlocked.Increment(ref running);
            Thread.Sleep(50);
            Interlocked.Decrement(ref running);
            return new Item(0);
        });
        items.Next();
        items.Dispose();
        Assert.Equal(0, Volatile.Read(ref running));
    }

    private sealed class Item(int number)
    {
        public int Number => number;

        public bool IsFinished { get; set; }
    }
}
