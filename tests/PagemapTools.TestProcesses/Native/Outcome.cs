using System.Runtime.InteropServices;

namespace PagemapTools.TestProcesses.Native;

/// <summary>Handles the result -1 of a system call.</summary>
internal static class Outcome
{
    /// <summary>Throws if a call fails that works on every kernel.</summary>
    public static nint OrFail(this nint result, string call) =>
        result == -1 ? throw new TestProcessException(Describe(call)) : result;

    /// <inheritdoc cref="OrFail(nint, string)"/>
    public static int OrFail(this int result, string call) => (int)OrFail((nint)result, call);

    /// <summary>Skips if a call fails that needs a feature or a capability.</summary>
    public static nint OrSkip(this nint result, string call) =>
        result == -1 ? throw new SkippedException(Describe(call)) : result;

    /// <inheritdoc cref="OrSkip(nint, string)"/>
    public static int OrSkip(this int result, string call) => (int)OrSkip((nint)result, call);

    private static string Describe(string call) =>
        $"{call}: {Marshal.GetLastPInvokeErrorMessage()} (errno {Marshal.GetLastPInvokeError()})";
}
