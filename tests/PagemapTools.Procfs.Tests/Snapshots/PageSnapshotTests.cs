using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Tests.Snapshots;

/// <summary>Which snapshot of a dataset is opened, without a format. SnapshotReportTests read Parquet.</summary>
[Trait("Tier", "Unit")]
public sealed class PageSnapshotTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-snapshot-");
    private readonly MadeUpFormat _format = new();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void TheNewestCompleteSnapshotIsOpened()
    {
        Add("20261125T230000.000Z-9.made-up");
        Add("20261126T010000.000Z-8.made-up");
        Add(".20261127T010000.000Z-8.made-up.x7Hq2.made-up");
        Add("20261128T010000.000Z-8.other");

        Assert.Equal("20261126T010000.000Z-8.made-up", Open());
        Assert.Equal("20261126T010000.000Z-8.made-up", Open(new DateTime(2026, 11, 26, 1, 0, 0, DateTimeKind.Utc)));
        Assert.Equal("20261125T230000.000Z-9.made-up", Open(new DateTime(2026, 11, 26, 0, 59, 59, DateTimeKind.Utc)));
        Assert.Equal(ProcfsError.SnapshotNotFound, Assert.Throws<ProcfsException>(() => Open(new DateTime(2026, 11, 25, 0, 0, 0, DateTimeKind.Utc))).Error);
    }

    [Fact]
    public void PagesOfAnotherSizeAreAnError()
    {
        Add("20261125T230000.000Z-9.made-up");
        _format.PageSize *= 16;
        ProcfsException error = Assert.Throws<ProcfsException>(() => Open());

        Assert.Equal(ProcfsError.SnapshotNotSupported, error.Error);
        Assert.Contains($"{_format.PageSize} bytes", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Another program may have written the files.</summary>
    [Fact]
    public void ATableThatHasAProcessOrACgroupTwiceIsAnErrorThatNamesIt()
    {
        const string Name = "20261125T230000.000Z-9.made-up";
        Add(Name);
        Add(Name, "processes");
        Add(Name, "cgroups");
        PageSnapshot snapshot = PageSnapshot.Open(_directory.FullName, _format);
        Assert.Single(snapshot.ReadProcessNames(TestContext.Current.CancellationToken));

        _format.RowCount = 2;
        foreach ((string table, string key, Action read) in ((string, string, Action)[])
        [
            ("processes", "process 1", () => snapshot.ReadProcessNames(TestContext.Current.CancellationToken)),
            ("cgroups", "cgroup 1", () => Assert.NotEmpty(snapshot.ReadCgroups(TestContext.Current.CancellationToken).ToArray())),
        ])
        {
            ProcfsException error = Assert.Throws<ProcfsException>(read);
            Assert.Equal((ProcfsError.SnapshotNotReadable, _format.Opened), (error.Error, error.Path));
            Assert.Contains($"/{table}/", error.Path, StringComparison.Ordinal);
            Assert.Equal($"'{error.Path}' cannot be read: It has {key} twice.", error.Message);
        }
    }

    private void Add(string name, string table = "snapshots") =>
        File.Create(Path.Join(_directory.CreateSubdirectory($"{table}/host=web1/date={name.TrimStart('.')[..8]}").FullName, name)).Dispose();

    private string Open(DateTime? time = null)
    {
        Assert.Equal("web1", PageSnapshot.Open(_directory.FullName, _format, hostName: null, time).HostName);
        return Path.GetFileName(_format.Opened!);
    }

    /// <summary>A format whose files all have the same rows, all alike.</summary>
    private sealed class MadeUpFormat : ISnapshotFormat
    {
        public long PageSize { get; set; } = (long)KernelFile.PageSize;

        public int RowCount { get; set; } = 1;

        public string? Opened { get; private set; }

        public string Extension => ".made-up";

        public ISnapshotWriter CreateWriter(Stream stream, IReadOnlyList<SnapshotColumn> columns, IReadOnlyDictionary<string, string> metadata) => throw new NotSupportedException();

        public ISnapshotReader OpenReader(string path)
        {
            Opened = path;
            return new Reader(this);
        }

        private sealed class Reader(MadeUpFormat format) : ISnapshotReader
        {
            private bool _isRead;

            public IReadOnlyDictionary<string, string> Metadata { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

            public bool Read(IReadOnlyList<SnapshotColumn> columns)
            {
                bool wasRead = _isRead;
                _isRead = true;
                foreach (SnapshotColumn column in wasRead ? [] : columns)
                {
                    for (int row = 0; row < format.RowCount; row++)
                    {
                        (column as SnapshotColumn<DateTime>)?.AddRange([DateTime.UnixEpoch]);
                        (column as SnapshotColumn<long>)?.AddRange([column.Name == "page_size" ? format.PageSize : 1]);
                        (column as SnapshotColumn<ulong>)?.AddRange([1]);
                        (column as SnapshotColumn<ReadOnlyMemory<char>>)?.AddRange(["name".AsMemory()]);
                    }
                }

                return !wasRead;
            }

            public void Dispose()
            {
            }
        }
    }
}
