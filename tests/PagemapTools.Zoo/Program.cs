using PagemapTools.Zoo;
using PagemapTools.Zoo.Animals;

Animal[] animals =
[
    new AnonymousAnimal(), new ZeroPageAnimal(), new HugeZeroAnimal(), new ForkAnimal(), new SoftDirtyAnimal(),
    new PrivateFileAnimal(), new SharedFileAnimal(), new UntouchedFileAnimal(), new DeletedFileAnimal(), new OddNamesAnimal(),
    new MemoryFileAnimal(), new PosixSharedMemoryAnimal(), new SystemVSharedMemoryAnimal(), new FirstSystemVSharedMemoryAnimal(),
    new TmpfsFileAnimal(), new ZappedAnimal(), new SharedSwappedAnimal(), new MappedTwiceAnimal(),
    new TransparentHugeAnimal(), new MultiSizeAnimal(), new PrivateHugetlbAnimal(), new SharedHugetlbAnimal(),
    new KsmAnimal(), new SwappedAnimal(), new LockedAnimal(), new ProtectNoneAnimal(),
    new GuardAnimal(), new WriteProtectedAnimal(), new AsynchronousWriteProtectedAnimal(), new PoisonAnimal(), new HardwarePoisonAnimal(),
    new ManyMappingsAnimal(), new DenseAnimal(), new ScatteredAnimal(),
    new ExitingAnimal(), new ExecutingAnimal(), new ZombieAnimal(), new LeaderlessAnimal(),
];

if (args is [] or ["list"])
{
    foreach (Animal each in animals)
    {
        Console.WriteLine($"{each.Name}\t{each.Summary}");
    }

    return 0;
}

try
{
    Animal animal = animals.FirstOrDefault(animal => animal.Name.Equals(args[0], StringComparison.Ordinal))
        ?? throw new ZooException($"no animal '{args[0]}'; see list");
    using Keeper keeper = new(animal, new Options(args[1..]));
    return keeper.Run();
}
catch (Exception e) when (e is ZooException or ArgumentException or FormatException)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 2;
}
