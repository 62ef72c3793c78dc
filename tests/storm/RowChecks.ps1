<#
.SYNOPSIS
Finds impossible rows in the output of cmdlets. Invoke-Storm.ps1 dot-sources it.
#>

$states = [System.Collections.Generic.HashSet[string]] ('Unpopulated', 'Present', 'Swapped', 'Guard', 'Poisoned', 'UffdMarker', 'Migration', 'Device', 'NonSwap', 'Hidden', 'SwappedShared', 'NotMapped')
$pageSize = [Environment]::SystemPageSize

# Each function returns a sentence for each impossible row, and nothing for rows that are possible.
function Find-ImpossibleUss([object[]] $Row) {
    $end = 0
    foreach ($each in $Row) {
        $name = "$($each.ProcessId) $($each.Mapping)"
        if ($null -ne $each.Rss) {
            # Private hugetlb pages are part of Uss and, as in smaps, not of Rss.
            $most = $each.Rss + $each.Hugetlb
            if ($each.Uss -gt $most) { "$name`: Uss $($each.Uss) > Rss $($each.Rss) + Hugetlb $($each.Hugetlb)" }
            $sum = $each.Uss + $each.Shared
            if ($null -ne $each.Shared -and ($sum -lt $each.Rss -or $sum -gt $most)) { "$name`: Uss $($each.Uss) + Shared $($each.Shared) != Rss $($each.Rss)" }
            if ($null -ne $each.Pss -and ($each.Pss -gt $each.Rss -or $each.Pss + $each.Hugetlb + $pageSize -lt $each.Uss)) { "$name`: Pss $($each.Pss) not between Uss and Rss" }
        }
        foreach ($property in 'Uss', 'Pss', 'Rss', 'Shared', 'Swap', 'Hugetlb') {
            if ($null -ne $each.$property -and $each.$property -lt 0) { "$name`: $property is $($each.$property)" }
        }
        if ($each.Mapping) {
            if ($each.Mapping.Start -lt $end) { "$name`: begins before the end of the mapping before it" }
            $end = $each.Mapping.End
            if ($null -ne $each.Rss -and $each.Rss -gt $each.Mapping.Size) { "$name`: Rss $($each.Rss) is more than the mapping" }
        }
    }
}

function Find-ImpossiblePage([object[]] $Row) {
    $next = 0
    foreach ($each in $Row) {
        [ulong] $end = $each.EndAddress ?? ($each.Address + $pageSize)
        $mapping = $each.Mapping
        if ($each.Address -lt $next) { "$($each.ProcessId) 0x$($each.Address.ToString('x')): not above the page before it" }
        if ($mapping -and ($each.Address -lt $mapping.Start -or $end -gt $mapping.End)) { "0x$($each.Address.ToString('x')): outside of $mapping" }
        if (-not $states.Contains("$($each.State)")) { "0x$($each.Address.ToString('x')): unknown state $($each.State)" }
        if ($each.Address % $pageSize -or $end % $pageSize) { "0x$($each.Address.ToString('x')): not aligned" }
        if ($each.Pfn -eq 0 -or ($null -ne $each.Pfn -and $each.State -ne 'Present')) { "0x$($each.Address.ToString('x')): page frame $($each.Pfn) of a page that is $($each.State)" }
        if ($null -ne $each.SwapType -and $each.State -eq 'Present') { "0x$($each.Address.ToString('x')): present, with a swap type" }
        $next = $end
    }
}

function Find-ImpossibleFrame([object[]] $Row) {
    $next = 0
    foreach ($each in $Row) {
        if ($each.Pfn -lt $next) { "page frame 0x$($each.Pfn.ToString('x')): not above the one before it" }
        $next = $each.Pfn + ($each.PageCount ?? 1)
    }
}

function Find-ImpossibleSummary([object[]] $Row) {
    foreach ($each in $Row) {
        if ($each.PageCount -lt 1 -or $each.Bytes -ne $each.PageCount * $pageSize) { "$($each.FlagNames): $($each.PageCount) pages, $($each.Bytes) bytes" }
    }
    if (($Row.FlagsValue | Select-Object -Unique).Count -ne $Row.Count) { 'a combination of flags occurs twice' }
}

# For types without a check of their own: no size and no count is negative.
function Find-NegativeNumber([object[]] $Row) {
    foreach ($each in $Row) {
        foreach ($property in $each.PSObject.Properties) {
            if ($property.Name -notlike '*Delta' -and $property.Value -is [long] -and $property.Value -lt 0) { "$($each.GetType().Name): $($property.Name) is $($property.Value)" }
        }
    }
}

# Looks at no more than 400 rows that follow one another, for PowerShell needs longer to look at a row than the cmdlet to make it.
function Find-ImpossibleRow([object[]] $Row) {
    if (-not $Row.Count) { return }
    if ($Row.Count -gt 400) {
        $first = Get-Random -Maximum ($Row.Count - 399)
        $Row = $Row[$first..($first + 399)]
    }
    switch ($Row[0].GetType().Name) {
        { $_ -in 'ProcessUss', 'MappingUss' } { Find-ImpossibleUss $Row }
        { $_ -in 'ProcessPageInfo', 'ProcessPageRange' } { Find-ImpossiblePage $Row }
        { $_ -in 'PageInfo', 'PageRange' } { Find-ImpossibleFrame $Row }
        'KPageFlagsSummary' { Find-ImpossibleSummary $Row }
        default { Find-NegativeNumber $Row }
    }
}
