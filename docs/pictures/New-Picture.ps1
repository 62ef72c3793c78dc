<#
.SYNOPSIS
Makes the pictures of README and the help: real runs of Show-ProcessPageMap and Show-KPageMap, as SVG.
.DESCRIPTION
Needs root, transparent huge pages and room for a swap file of 96 MiB in /var/tmp. A run on another machine gives other addresses and sizes.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$root = Resolve-Path "$PSScriptRoot/../.."
Import-Module "$root/PagemapTools.psd1"
$env:LC_ALL = 'C.UTF-8'
$PSStyle.OutputRendering = 'Ansi'

# The colours of xterm: 16 system colours, a cube of 6 x 6 x 6, and 24 grays.
function Get-Rgb([int] $Code) {
    $levels = 0, 95, 135, 175, 215, 255
    if ($Code -ge 232) { $gray = 8 + 10 * ($Code - 232); return '#{0:x2}{0:x2}{0:x2}' -f $gray }
    $cube = $Code - 16
    '#{0:x2}{1:x2}{2:x2}' -f $levels[[Math]::Floor($cube / 36)], $levels[[Math]::Floor($cube / 6) % 6], $levels[$cube % 6]
}

function ConvertTo-Svg([string[]] $Line, [string] $Title, [string] $Command) {
    $width, $height, $margin = 8.4, 18, 12
    $escaped = { param($text) [Security.SecurityElement]::Escape($text) }
    $all = @("PS> $Command", '') + $Line
    $columns = ($all | ForEach-Object { ($_ -replace '\e\[[\d;]*m').Length } | Measure-Object -Maximum).Maximum
    $w, $h = [Math]::Ceiling($columns * $width + 2 * $margin), ($all.Count * $height + 2 * $margin)
    "<svg xmlns=`"http://www.w3.org/2000/svg`" viewBox=`"0 0 $w $h`" width=`"$w`" height=`"$h`" role=`"img`" font-family=`"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace`" font-size=`"14`">"
    "<title>$(& $escaped $Title)</title>"
    "<rect width=`"$w`" height=`"$h`" rx=`"8`" fill=`"#0d1117`"/>"
    for ($row = 0; $row -lt $all.Count; $row++) {
        $column, $y = 0, ($margin + $row * $height)
        foreach ($part in [regex]::Matches($all[$row], '(?:\e\[38;5;\d+;48;5;(?<back>\d+)m(?<cells>[^\e]+)\e\[0m)|(?<text>[^\e]+)')) {
            $x = $margin + $column * $width
            $text = $part.Groups['text'].Value
            if ($text.Trim()) {
                '<text x="{0:f1}" y="{1:f1}" fill="#c9d1d9" xml:space="preserve" textLength="{2:f1}">{3}</text>' -f $x, ($y + 13), ($text.Length * $width), (& $escaped $text)
            }
            $cells = $part.Groups['cells'].Value
            if ($cells) {
                '<rect x="{0:f1}" y="{1:f1}" width="{2:f1}" height="{3}" fill="{4}"/>' -f $x, $y, ($cells.Length * $width + 0.1), ($height - 1), (Get-Rgb $part.Groups['back'].Value)
            }
            $column += $text.Length + $cells.Length
        }
    }
    '</svg>'
}

function Save-Picture([string] $Name, [string] $Title, [string] $Command, [int] $Id) {
    $lines = & ([scriptblock]::Create(($Command -replace '-Id \S+', "-Id $Id") + ' -Width 110 -Height 24'))
    ConvertTo-Svg $lines $Title $Command | Set-Content "$PSScriptRoot/$Name.svg"
}

# Starts a test process, which reports each step with a line and waits for the next on its standard input.
function Use-TestProcess([string] $Kind, [string[]] $Option, [int] $Step, [scriptblock] $Body) {
    $dll = (Get-ChildItem "$root/out/build/bin/PagemapTools.TestProcesses/*/PagemapTools.TestProcesses.dll" | Sort-Object LastWriteTime)[-1]
    $start = [Diagnostics.ProcessStartInfo]::new('dotnet', [string[]] ($dll.FullName, $Kind + $Option))
    $start.RedirectStandardInput = $start.RedirectStandardOutput = $true
    $process = [Diagnostics.Process]::Start($start)
    try {
        $report = $process.StandardOutput.ReadLine() | ConvertFrom-Json
        for ($i = 0; $i -lt $Step; $i++) {
            $process.StandardInput.WriteLine('next')
            $report = $process.StandardOutput.ReadLine() | ConvertFrom-Json
        }
        if ($report.skipped) { throw "$Kind`: $($report.skipped)" }
        & $Body $process.Id
    }
    finally {
        $process.StandardInput.WriteLine('exit')
        if (-not $process.WaitForExit(30000)) { $process.Kill() }
    }
}

Use-TestProcess fragmented 'huge=16' 0 {
    Save-Picture fragmented 'A process whose huge pages were split, and then partly freed' "Show-ProcessPageMap -Id 4711 -Mapping '[anon]' -By Flag -Flag THP, ANON" $args[0]
}
Use-TestProcess fork 'pages=24576' 1 {
    Save-Picture forked 'A process after a fork: its child has copied the first half of its memory, and shares the rest' "Show-ProcessPageMap -Id 4711 -Mapping '[anon]'" $args[0]
}
Use-TestProcess swapped 'pages=16384', 'area=96MiB' 0 {
    Save-Picture swapped 'A process half of whose memory is in swap' "Show-ProcessPageMap -Id 4711 -Mapping '[anon]'" $args[0]
}
Save-Picture memory 'All page frames of a machine by kind' 'Show-KPageMap' 0
