using System.Runtime.InteropServices;

namespace PagemapTools.TestProcesses.Native;

/// <summary>What to do when a call gives -1.</summary>
internal static class Outcome
{
    /// <summary>The call works on every kernel: a failure is a fault of this program or of the machine.</summary>
    public static nint OrFail(this nint result, string call) =>
        result == -1 ? throw new TestProcessException(Describe(call)) : result;

    /// <inheritdoc cref="OrFail(nint, string)"/>
    public static int OrFail(this int result, string call) => (int)OrFail((nint)result, call);

    /// <summary>The call needs a feature or a right that this machine may lack.</summary>
    public static nint OrSkip(this nint result, string call) =>
        result == -1 ? throw new SkippedException(Describe(call)) : result;

    /// <inheritdoc cref="OrSkip(nint, string)"/>
    public static int OrSkip(this int result, string call) => (int)OrSkip((nint)result, call);

    private static string Describe(string call) =>
        $"{call}: {Marshal.GetLastPInvokeErrorMessage()} (errno {Marshal.GetLastPInvokeError()})";
}
