using System.Runtime.InteropServices;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Machine;

/// <summary>
/// A file system of one file of zeros, in user space (include/uapi/linux/fuse.h), whose server can fall silent. The kernel then holds
/// everyone who waits for it, until <see cref="Release"/>.
/// </summary>
internal sealed unsafe class FuseServer
{
    private const string FileName = "file";
    private const int RootNode = 1;
    private const int FileNode = 2;
    private const int MaxRequest = 256 * 1024;
    private const int RequestHeader = 40;
    private const int ReplyHeader = 16;
    private const int AttributesSize = 88;
    private const int PollMilliseconds = 50;
    private const int NoSuchCall = 38;
    private const long OneHour = 3600;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private enum Operation
    {
        Lookup = 1,
        Forget = 2,
        GetAttributes = 3,
        Open = 14,
        Read = 15,
        GetFileSystem = 17,
        Release = 18,
        Initialize = 26,
        OpenDirectory = 27,
        Interrupt = 36,
        ForgetMany = 42,
    }

    private readonly int _device;
    private readonly long _size;
    private readonly int _links;
    private readonly Thread _thread;
    private volatile bool _isInitialized;
    private volatile bool _sawRead;
    private volatile int _unanswered;
    private volatile bool _isSilent;
    private volatile bool _ends;
    private bool _isMounted = true;

    private FuseServer(Context context, long size, int links, string parent)
    {
        _size = size;
        _links = links;
        Directory = Path.Combine(parent, BackingFile.MakeUniqueName("fuse"));
        fixed (byte* path = "/dev/fuse\0"u8)
        {
            _device = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCloseOnExec, 0).OrSkip("open of /dev/fuse");
        }

        System.IO.Directory.CreateDirectory(Directory);
        context.OnExit(() => System.IO.Directory.Delete(Directory));
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
        context.OnExit(Release);
        uint user = Libc.GetUser();
        uint group = Libc.GetGroup();
        Libc.Mount("fuse", Directory, "fuse", 0, $"fd={_device},rootmode=40000,user_id={user},group_id={group}").OrSkip("mount of fuse");
        context.OnExit(Detach);
        // The mount does not wait for the first answer of the server, and a server that falls silent before it holds all requests back.
        if (!Wait.Until(() => _isInitialized, s_patience))
        {
            throw new TestProcessException("the kernel did not initialize the FUSE file system");
        }
    }

    public string Directory { get; }

    /// <summary>The number of requests for which somebody waits.</summary>
    public int UnansweredCount => _unanswered;

    public string FilePath => Path.Combine(Directory, FileName);

    /// <summary>Mounts the file system.</summary>
    /// <param name="context">Ends the connection and unmounts at its end.</param>
    /// <param name="size">The size of the file.</param>
    /// <param name="links">The number of names that the server says the file has.</param>
    /// <param name="parent">Where the directory of the file system is made; by default among the temporary files.</param>
    public static FuseServer Mount(Context context, long size, int links = 1, string? parent = null) => new(context, size, links, parent ?? Path.GetTempPath());

    /// <summary>Does not answer any request from now on.</summary>
    public void FallSilent() => _isSilent = true;

    /// <summary>Waits until a read has come in while the server is silent.</summary>
    public bool WaitForRead(TimeSpan limit) => Wait.Until(() => _sawRead, limit);

    /// <summary>Unmounts the file system while it is in use.</summary>
    public void Detach()
    {
        if (_isMounted)
        {
            Libc.Unmount(Directory, Libc.UnmountDetach).OrFail("umount2");
            _isMounted = false;
        }
    }

    /// <summary>Ends the connection. The kernel fails all requests that wait, and lets go of everyone.</summary>
    public void Release()
    {
        if (!_ends)
        {
            _ends = true;
            if (_isMounted)
            {
                // A cloned child has the device open, too. This call ends the connection (fs/fuse/inode.c, fuse_umount_begin), even if
                // it cannot unmount a file system that is in use.
                _isMounted = Libc.Unmount(Directory, Libc.UnmountForce) != 0;
            }

            _thread.Join();
            Libc.Close(_device).OrFail("close");
        }
    }

    private void Serve()
    {
        byte[] request = new byte[MaxRequest];
        while (!_ends)
        {
            Libc.PollDescriptor poll = new() { Descriptor = _device, Events = Libc.PollIn };
            if (Libc.Poll(&poll, 1, PollMilliseconds) <= 0)
            {
                continue;
            }

            fixed (byte* buffer = request)
            {
                nint length = Libc.Read(_device, buffer, MaxRequest);
                if (length >= RequestHeader)
                {
                    Handle(request.AsSpan(0, (int)length));
                }
            }
        }
    }

    private void Handle(ReadOnlySpan<byte> request)
    {
        Operation operation = (Operation)MemoryMarshal.Read<uint>(request[4..]);
        ulong unique = MemoryMarshal.Read<ulong>(request[8..]);
        ulong node = MemoryMarshal.Read<ulong>(request[16..]);
        if (_isSilent)
        {
            _sawRead |= operation == Operation.Read;
            _unanswered += operation is Operation.Forget or Operation.ForgetMany or Operation.Interrupt or Operation.Release ? 0 : 1;
            return;
        }

        switch (operation)
        {
            case Operation.Initialize:
                // major, minor, max_readahead, flags, max_background and congestion_threshold, max_write, time_gran; the rest is 0.
                Reply(unique, MemoryMarshal.AsBytes((ReadOnlySpan<uint>)[7, 31, 0, 0, 0x000c_0010, 4096, 1, .. new uint[9]]));
                _isInitialized = true;
                break;
            case Operation.Lookup:
                Reply(unique, [.. Words(FileNode, 0, OneHour, OneHour, 0), .. DescribeNode(FileNode)]);
                break;
            case Operation.GetAttributes:
                Reply(unique, [.. Words(OneHour, 0), .. DescribeNode((int)node)]);
                break;
            case Operation.Open or Operation.OpenDirectory:
                Reply(unique, Words(0, 0));
                break;
            case Operation.Read:
                Reply(unique, new byte[MemoryMarshal.Read<uint>(request[(RequestHeader + 16)..])]);
                break;
            case Operation.GetFileSystem:
                // Five counts that are 0; the block size and the longest name; the rest is 0. A mount of an overlay asks for it.
                Reply(unique, Words(0, 0, 0, 0, 0, (255L << 32) | 4096, 0, 0, 0, 0));
                break;
            case Operation.Release:
                Reply(unique, []);
                break;
            case Operation.Forget or Operation.ForgetMany or Operation.Interrupt:
                break;
            default:
                Reply(unique, [], -NoSuchCall);
                break;
        }
    }

    private byte[] DescribeNode(int node)
    {
        const uint DirectoryMode = 0x41ed;
        const uint FileMode = 0x81a4;
        byte[] attributes = new byte[AttributesSize];
        long size = node == RootNode ? 0 : _size;
        Words(node, size, (size + 511) / 512).CopyTo(attributes.AsSpan());
        MemoryMarshal.Write(attributes.AsSpan(60), node == RootNode ? DirectoryMode : FileMode);
        MemoryMarshal.Write(attributes.AsSpan(64), node == RootNode ? 1 : _links);
        MemoryMarshal.Write(attributes.AsSpan(68), Libc.GetUser());
        MemoryMarshal.Write(attributes.AsSpan(72), Libc.GetGroup());
        return attributes;
    }

    private static byte[] Words(params ReadOnlySpan<long> words) => [.. MemoryMarshal.AsBytes(words)];

    private void Reply(ulong unique, ReadOnlySpan<byte> body, int error = 0)
    {
        byte[] reply = new byte[ReplyHeader + body.Length];
        MemoryMarshal.Write(reply.AsSpan(), reply.Length);
        MemoryMarshal.Write(reply.AsSpan(4), error);
        MemoryMarshal.Write(reply.AsSpan(8), unique);
        body.CopyTo(reply.AsSpan(ReplyHeader));
        fixed (byte* buffer = reply)
        {
            // The request may have been interrupted; nobody waits for the reply then.
            _ = Libc.Write(_device, buffer, (nuint)reply.Length);
        }
    }
}
