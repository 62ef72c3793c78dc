# A host of a made-up fleet: a network, process, mount and host name namespace with an sshd of its own. Nothing of the machine changes.

class FleetHost {
    [string] $Name
    [string] $Address
    [string] $Link
    [Diagnostics.Process] $Process

    # What keeps the host from having a network; empty if nothing does.
    [string] $Problem

    # Two runs on one machine have addresses of their own.
    static [string] GetAddress([int] $Number, [int] $End) { return "10.$(64 + [Environment]::ProcessId % 128).$Number.$End" }

    static [FleetHost] Start([string] $Fleet, [int] $Number) {
        $it = [FleetHost]::new()
        $it.Name = "web$Number"
        $it.Address = [FleetHost]::GetAddress($Number, 2)
        $it.Link = "pmt$([Environment]::ProcessId % 100000)-$Number"
        $arguments = @('--net', '--pid', '--fork', '--kill-child', '--mount', '--mount-proc', '--uts', '--', '/bin/sh', "$Fleet/start", $it.Name, $it.Address)
        $start = [Diagnostics.ProcessStartInfo]::new('unshare', [string[]] $arguments)
        $start.RedirectStandardError = $true
        $it.Process = [Diagnostics.Process]::Start($start)
        $network = (Get-Item /proc/self/ns/net).Target
        foreach ($try in 1..100) {
            if ((Get-Item "/proc/$($it.Process.Id)/ns/net").Target -ne $network) { break }
            Start-Sleep -Milliseconds 20
        }
        $it.Problem = @(
            ip link add $it.Link type veth peer name eth0 netns $it.Process.Id 2>&1
            ip address add "$([FleetHost]::GetAddress($Number, 1))/30" dev $it.Link 2>&1
            ip link set $it.Link up 2>&1
        ) -join '; '
        return $it
    }

    # Whether sshd answers, within 10 seconds: something between may take every connection.
    [bool] Answers() {
        foreach ($try in $this.Problem ? @() : 1..100) {
            $client = [Net.Sockets.TcpClient]::new()
            try {
                if ($client.ConnectAsync($this.Address, 22).Wait(200)) {
                    $client.ReceiveTimeout = 1000
                    if ([IO.StreamReader]::new($client.GetStream()).ReadLine() -like 'SSH-*') { return $true }
                }
            }
            catch { Write-Debug "$_" }
            finally { $client.Dispose() }
            Start-Sleep -Milliseconds 100
        }
        $this.Stop()
        if (-not $this.Problem) { $this.Problem = $this.Process.StandardError.ReadToEnd() }
        return $false
    }

    [void] Stop() {
        if (-not $this.Process.HasExited) { $this.Process.Kill() }
        $this.Process.WaitForExit()
        ip link delete $this.Link 2>&1 | Write-Debug
    }
}

# Why this machine cannot have such hosts; null if it can.
function Get-FleetObstacle {
    $missing = 'sshd', 'ssh', 'ssh-keygen', 'ip', 'unshare', 'setpriv' | Where-Object { -not (Get-Command $_, "/usr/sbin/$_", "/sbin/$_" -CommandType Application -ErrorAction Ignore) }
    if ($missing) { return "$($missing -join ', ') is not on this machine" }
    if ((id -u) -ne 0) { return 'only root makes namespaces with a network' }
}

# Writes what all hosts read: keys, the configuration of sshd, the script that the first process of a host runs, and a client's configuration.
function Initialize-Fleet([string] $Directory, [string] $Module) {
    $null = New-Item -ItemType Directory "$Directory/modules", "$Directory/bin", "$Directory/srv/psresources", "$Directory/work"
    # A copy: a host has a /srv of its own, and the checkout may lie there.
    Copy-Item $Module "$Directory/modules/PagemapTools" -Recurse
    ssh-keygen -q -t ed25519 -N '' -f "$Directory/host"
    ssh-keygen -q -t ed25519 -N '' -f "$Directory/user"
    Copy-Item "$Directory/user.pub" "$Directory/authorized"
    Set-Content "$Directory/passwd" @((Get-Content /etc/passwd | Where-Object { $_ -notmatch '^sshd:' }), 'sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin')
    Set-Content "$Directory/config" @(
        "HostKey $Directory/host"
        "AuthorizedKeysFile $Directory/authorized"
        'StrictModes no'
        'UsePAM no'
        'PermitRootLogin prohibit-password'
        "PidFile none"
        "Subsystem powershell $Directory/bin/pwsh -sshs -NoLogo -NoProfile"
    )
    # HOSTNAME.sh changes how PowerShell starts on that host: its environment, or the program that starts it (starter).
    Set-Content "$Directory/bin/pwsh" @(
        '#!/bin/sh'
        "export DOTNET_ROOT='$env:DOTNET_ROOT' HOME=/var/tmp/home PSModulePath=$Directory/modules"
        "[ ! -f $Directory/`$(hostname).sh ] || . $Directory/`$(hostname).sh"
        "exec `$starter '$PSHOME/pwsh' `"`$@`""
    )
    Set-Content "$Directory/start" @(
        'set -e'
        'hostname "$1"'
        'mount -t tmpfs tmpfs /run; mkdir -p /run/sshd'
        "mount --bind $Directory/passwd /etc/passwd"
        'mount -t tmpfs tmpfs /usr/local/share; mount -t tmpfs tmpfs /var/tmp'
        "mount --bind $Directory/srv /srv"
        'while ! ip link set eth0 up 2>/dev/null; do sleep 0.05; done'
        'ip link set lo up; ip address add "$2/30" dev eth0'
        "exec $((Get-Command sshd, /usr/sbin/sshd -ErrorAction Ignore | Select-Object -First 1).Source) -D -e -f $Directory/config"
    )
    # ssh of this name comes first on PATH, so that commands run as they are written.
    Set-Content "$Directory/client" @(
        "IdentityFile $Directory/user"
        'StrictHostKeyChecking no', 'UserKnownHostsFile /dev/null', 'LogLevel ERROR', 'User root', 'BatchMode yes', 'ConnectTimeout 30'
        1..8 | ForEach-Object { "Host web$_"; "HostName $([FleetHost]::GetAddress($_, 2))" }
    )
    $ssh = (Get-Command ssh -CommandType Application)[0].Source
    Set-Content "$Directory/bin/ssh" "#!/bin/sh", "exec $ssh -F $Directory/client `"`$@`""
    chmod 755 "$Directory/bin/ssh" "$Directory/bin/pwsh"
}
