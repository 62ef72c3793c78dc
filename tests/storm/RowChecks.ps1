<#
.SYNOPSIS
Finds impossible rows in the output of cmdlets. Invoke-Storm.ps1 dot-sources it.
.DESCRIPTION
An invariant is a sentence that is true of each row of a type, whatever the processes do meanwhile: the figures of one row come from one
reading, or one of them limits the other by definition. Null is unknown, and no figure of it is compared.
#>

$pageSize = [Environment]::SystemPageSize
$states = 'Unpopulated', 'Present', 'Swapped', 'Guard', 'Poisoned', 'UffdMarker', 'Migration', 'Device', 'NonSwap', 'Hidden', 'SwappedShared', 'NotMapped'

# Null if one of the figures is.
function Get-Sum($Figures) { $Figures -contains $null ? $null : ($Figures | Measure-Object -Sum).Sum }

function Test-AtMost($Figure, $Limit) { $null -eq $Figure -or $null -eq $Limit -or $Figure -le $Limit }

function Test-Between($Figure, $Bounds) { (Test-AtMost $Bounds[0] $Figure) -and (Test-AtMost $Figure $Bounds[1]) }

function Test-Page($Range, $Mapping) {
    $Range[0] % $pageSize -eq 0 -and $Range[1] % $pageSize -eq 0 -and ($null -eq $Mapping -or ($Range[0] -ge $Mapping.Start -and $Range[1] -le $Mapping.End))
}

# What smaps_account adds to the figures of one mapping it adds page by page (fs/proc/task_mmu.c). Private hugetlb pages are in Uss, not in Rss.
$uss = [ordered] @{
    'Uss is no more than Rss and Hugetlb' = { param($row) Test-AtMost $row.Uss (Get-Sum $row.Rss, $row.Hugetlb) }
    'Uss and Shared are Rss, besides hugetlb pages' = { param($row) Test-Between (Get-Sum $row.Uss, $row.Shared) ($row.Rss, (Get-Sum $row.Rss, $row.Hugetlb)) }
    'Pss is no more than Rss' = { param($row) Test-AtMost $row.Pss $row.Rss }
    # Each quotient is truncated.
    'Pss is no less than Uss, besides hugetlb pages' = { param($row) Test-AtMost $row.Uss (Get-Sum $row.Pss, $row.Hugetlb, $pageSize) }
    'SwapPss is no more than Swap' = { param($row) Test-AtMost $row.SwapPss $row.Swap }
    'Anonymous is no more than Rss' = { param($row) Test-AtMost $row.Anonymous $row.Rss }
    'AnonHugePages and LazyFree are each no more than Anonymous' = { param($row) (Test-AtMost $row.AnonHugePages $row.Anonymous) -and (Test-AtMost $row.LazyFree $row.Anonymous) }
    'PrivateClean and PrivateDirty are Uss, besides hugetlb pages' = { param($row)
        $private = Get-Sum $row.PrivateClean, $row.PrivateDirty
        Test-Between $row.Uss ($private, (Get-Sum $private, $row.Hugetlb))
    }
    # smaps rounds each down to whole kB.
    'PssAnon, PssFile and PssShmem are Pss' = { param($row)
        $parts = Get-Sum $row.PssAnon, $row.PssFile, $row.PssShmem
        Test-Between $parts ((Get-Sum $row.Pss, -4096), (Get-Sum $row.Pss, 4096))
    }
}
$inMapping = [ordered] @{
    'Rss is no more than the mapping' = { param($row) Test-AtMost $row.Rss $row.Mapping.Size }
    'a mapping begins at or after the end of the one before it' = { param($row, $before) -not $before -or $row.ProcessId -ne $before.ProcessId -or $row.Mapping.Start -ge $before.Mapping.End -or $row.Mapping.Start -eq $before.Mapping.Start }
}
$pages = [ordered] @{
    'a page lies in its mapping, at whole pages' = { param($row) Test-Page ($row.Address, ($row.EndAddress ?? ($row.Address + $pageSize))) $row.Mapping }
    'the state is one of the states' = { param($row) "$($row.State)" -in $states }
    'only a present page has a page frame, and none has the number 0' = { param($row) $null -eq $row.Pfn -or ($row.Pfn -ne 0 -and $row.State -eq 'Present') }
    'a present page has no place in swap' = { param($row) $row.State -ne 'Present' -or $null -eq $row.SwapType }
    'a page is above the one before it' = { param($row, $before) -not $before -or $row.ProcessId -ne $before.ProcessId -or $row.Address -ge ($before.EndAddress ?? ($before.Address + $pageSize)) }
}
$frames = [ordered] @{
    'a page frame is above the one before it' = { param($row, $before) -not $before -or $row.Pfn -ge $before.Pfn + ($before.PageCount ?? 1) }
}
$counted = [ordered] @{
    'PageCount is 1 or more' = { param($row) $row.PageCount -ge 1 }
    'Bytes are those of the pages' = { param($row) $row.Bytes -eq $row.PageCount * $pageSize }
}
$usage = $counted + [ordered] @{
    'what the page frames are used for adds up to Bytes' = { param($row)
        $row.Bytes -eq (Get-Sum $row.Anonymous, $row.File, $row.Shmem, $row.Slab, $row.PageTables, $row.Other, ($row.Free ?? 0), ($row.Hugetlb ?? 0))
    }
}
$hugePage = $counted + [ordered] @{
    'a large folio has two pages or more' = { param($row) $row.FolioSize -ge 2 * $pageSize -and $row.FolioSize % $pageSize -eq 0 }
    'whole folios have all of their pages' = { param($row) -not $row.IsWhole -or $row.Kind -eq 'Hugetlb' -or $row.Bytes % $row.FolioSize -eq 0 }
    'Bytes are no more than Rss' = { param($row) $row.Kind -eq 'Hugetlb' -or (Test-AtMost $row.Bytes $row.Rss) }
}
$workingSet = [ordered] @{
    'Referenced is no more than Rss' = { param($row) $row.Method -ne 'Referenced' -or (Test-AtMost $row.Referenced $row.Rss) }
    'the interval is longer than nothing' = { param($row) $row.Interval -gt 0 }
}
$comparison = [ordered] @{
    'the indicator names the sides that have a page' = { param($row)
        $expected = switch ($row.SideIndicator) { '<=' { $true, $false } '=>' { $false, $true } { $_ -in '==', '<>' } { $true, $true } }
        "$expected" -eq "$($null -ne $row.Reference) $($null -ne $row.Difference)"
    }
    'both sides have the same address' = { param($row) -not $row.Reference -or -not $row.Difference -or $row.Reference.Address -eq $row.Difference.Address }
    'an address is above the one before it' = { param($row, $before) -not $before -or $row.Address -ge ($before.EndAddress ?? ($before.Address + $pageSize)) }
}

# The invariants of each type, by a sentence that is true of a possible row.
$invariants = @{
    ProcessUss = $uss
    NodeUss = $uss
    MappingUss = $uss + $inMapping
    ProcessGroupUss = [ordered] @{
        'Rss is Shared, UssAnonymous, UssFile and UssShmem' = { param($row) Test-Between (Get-Sum $row.Shared, $row.UssAnonymous, $row.UssFile, $row.UssShmem) ($row.Rss, $row.Rss) }
        'Uss is its parts, besides hugetlb pages' = { param($row)
            $parts = Get-Sum $row.UssAnonymous, $row.UssFile, $row.UssShmem
            Test-Between $row.Uss ($parts, (Get-Sum $parts, $row.Hugetlb))
        }
        'Pss is no more than Rss' = $uss['Pss is no more than Rss']
        'FreedOnExit is its parts' = { param($row) "$($row.FreedOnExit)" -eq "$(Get-Sum $row.FreedAnonymous, $row.FreedPageTables, $row.FreedShmem, $row.FreedDeletedFile)" }
        'what stays of shared memory is part of UssShmem' = { param($row) Test-AtMost $row.KeptShmem $row.UssShmem }
        'what stays in the page cache is part of UssFile' = { param($row) Test-AtMost $row.UnmappedCache $row.UssFile }
        'what returns to the pool is part of Hugetlb' = { param($row) Test-AtMost $row.HugetlbToPool $row.Hugetlb }
        'FreedPageTables are part of PageTables' = { param($row) Test-AtMost $row.FreedPageTables $row.PageTables }
        'each process is in a group once' = { param($row) @($row.ProcessIds | Select-Object -Unique).Count -eq $row.ProcessCount }
    }
    ProcessPageInfo = $pages
    ProcessPageRange = $pages + $counted
    PageInfo = $frames
    PageRange = $frames + $counted
    FrameMapping = [ordered] @{
        'a mapping of a page frame has its number' = { param($row) $row.Pfn -gt 0 }
        'a page lies in its mapping, at whole pages' = $pages['a page lies in its mapping, at whole pages']
    }
    PageUseInfo = [ordered] @{ 'the page frame has a number and a use' = { param($row) $null -ne $row.Pfn -and $null -ne $row.Use } }
    FilePageInfo = [ordered] @{
        'the offset is that of a page' = { param($row) $row.Offset % $pageSize -eq 0 }
        'a page is behind the one before it' = { param($row, $before) -not $before -or $row.Path -ne $before.Path -or $row.Offset -gt $before.Offset }
    }
    KPageFlagsSummary = $counted
    KPageKindSummary = $counted
    KPageCgroupSummary = $usage
    KPageNodeSummary = $usage
    ProcessHugePage = $hugePage
    MappingHugePage = $hugePage + $inMapping
    ProcessWorkingSet = $workingSet
    MappingWorkingSet = $workingSet + $inMapping
    ProcessSharing = [ordered] @{
        'Shared is Anonymous, File, Shmem and Hugetlb' = { param($row) $row.Shared -eq $row.Anonymous + $row.File + $row.Shmem + $row.Hugetlb }
        'the figures are whole pages' = { param($row) -not ($row.Anonymous, $row.File, $row.Shmem, $row.Hugetlb | Where-Object { $_ % $pageSize }) }
        'the first process has the lower id' = { param($row) $row.ProcessId -lt $row.OtherProcessId }
    }
    PageComparison = $comparison + [ordered] @{
        'equal sides have the same page frame' = { param($row) $row.SideIndicator -ne '==' -or $row.Reference.Pfn -eq $row.Difference.Pfn }
    }
    PageComparisonRange = $comparison + $counted
    FileCacheInfo = [ordered] @{
        'Cached is no more than the pages of the file' = { param($row) $row.Cached -lt $row.Length + $pageSize }
        'Dirty and Writeback are each no more than Cached' = { param($row) (Test-AtMost $row.Dirty $row.Cached) -and (Test-AtMost $row.Writeback $row.Cached) }
        'RecentlyEvicted is no more than Evicted' = { param($row) Test-AtMost $row.RecentlyEvicted $row.Evicted }
        'CachedPercent is no more than 100' = { param($row) Test-AtMost $row.CachedPercent 100 }
    }
    SharedMemoryObject = [ordered] @{
        'System V segments alone have an id' = { param($row) ($null -ne $row.Id) -eq ($row.Kind -eq 'SystemV') }
        'each process maps and holds it once' = { param($row) -not ($row.MappedBy, $row.HeldBy | Where-Object { $_ -and @($_ | Select-Object -Unique).Count -ne $_.Count }) }
    }
    MapLine = [ordered] @{ 'the text has no control character' = { param($row) $row.Text -notmatch '\p{Cc}' } }
}

# No two rows of one reading have the same.
$keys = @{ KPageFlagsSummary = 'FlagsValue'; KPageKindSummary = 'Kind'; KPageCgroupSummary = 'CgroupInode'; KPageNodeSummary = 'Node'; PagemapSupport = 'Feature' }

function Get-NegativeNumber([object] $Row) {
    foreach ($property in $Row.PSObject.Properties) {
        if ($property.Name -notlike '*Delta' -and $property.Value -is [long] -and $property.Value -lt 0) { $property.Name }
    }
}

function Format-Fact([object] $Row) {
    ($Row.PSObject.Properties | Where-Object { $null -ne $_.Value -and "$($_.Value)" } | ForEach-Object { "$($_.Name)=$($_.Value)" }) -join ' '
}

# Returns the broken sentence and the row for each impossible row. Looks at no more than 400 rows that follow one another, for PowerShell
# needs longer to look at a row than the cmdlet to make it.
function Find-ImpossibleRow([object[]] $Row) {
    if ($Row.Count -gt 400) {
        $first = Get-Random -Maximum ($Row.Count - 399)
        $Row = $Row[$first..($first + 399)]
    }
    $before, $seen = @{}, [System.Collections.Generic.HashSet[string]]::new()
    foreach ($each in $Row) {
        $type = ($each.PSObject.TypeNames[0] -split '\.')[-1]
        $broken = @(
            if ($invariants.ContainsKey($type)) { $invariants[$type].Keys | Where-Object { -not (& $invariants[$type][$_] $each $before[$type]) } }
            if ($keys.ContainsKey($type) -and -not $seen.Add("$type $($each.($keys[$type]))")) { "$($keys[$type]) is that of no other row" }
            Get-NegativeNumber $each | ForEach-Object { "$_ is not negative" }
        )
        $before[$type] = $each
        $broken | ForEach-Object { "$type`: not true: $_`: $(Format-Fact $each)" }
    }
}
