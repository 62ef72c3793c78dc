using PagemapTools.TestProcesses;
using PagemapTools.TestProcesses.Kinds;

TestProcess[] processes =
[
    new AnonymousProcess(), new ZeroPageProcess(), new HugeZeroProcess(), new ForkProcess(), new SoftDirtyProcess(),
    new PrivateFileProcess(), new SharedFileProcess(), new UntouchedFileProcess(), new DeletedFileProcess(), new UnusualNames(), new HostileNames(), new LongCommandLine(),
    new MemoryFileProcess(), new PosixSharedMemoryProcess(), new SystemVSharedMemoryProcess(), new FirstSystemVSharedMemoryProcess(),
    new TmpfsFileProcess(), new ZappedProcess(), new SharedSwappedProcess(), new MappedTwiceProcess(),
    new TransparentHugeProcess(), new FragmentedProcess(), new MultiSizeProcess(), new FoliosProcess(), new WorkingSetProcess(), new PrivateHugetlbProcess(), new SharedHugetlbProcess(),
    new KsmProcess(), new SwappedProcess(), new LockedProcess(), new ProtectNoneProcess(),
    new GuardProcess(), new WriteProtectedProcess(), new AsynchronousWriteProtectedProcess(), new PoisonProcess(), new HardwarePoisonProcess(),
    new HeldMemoryProcess(), new PartsProcess(), new ForkedSwapProcess(), new SharedSpaceProcess(),
    new ManyMappingsProcess(), new DenseProcess(), new ScatteredProcess(), new FarmProcess(),
    new IoUringProcess(), new ZeroDeviceProcess(), new LazyFreeProcess(),
    new ExitingProcess(), new ExecutingProcess(), new ZombieProcess(), new ZombieLeader(),
    new StormProcess(),
    new LockedMapProcess(), new HungFileProcess(), new HungMountProcess(), new ChangingFileProcess(), new UnservedFaultProcess(), new LatencyProcess(),
];

if (args is [] or ["list"])
{
    foreach (TestProcess each in processes)
    {
        Console.WriteLine($"{each.Name}\t{each.Summary}");
    }

    return 0;
}

try
{
    TestProcess process = processes.FirstOrDefault(process => process.Name.Equals(args[0], StringComparison.Ordinal))
        ?? throw new TestProcessException($"no test process '{args[0]}'; see list");
    using Runner runner = new(process, new Options(args[1..]));
    return runner.Run();
}
catch (Exception e) when (e is TestProcessException or ArgumentException or FormatException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
