# The checks of the storm: each invariant finds a row that breaks it, and nothing in a row that is possible.

BeforeDiscovery {
    . "$PSScriptRoot/../storm/RowChecks.ps1"
    $script:page = [Environment]::SystemPageSize
    $script:mapping = @{ Start = 16 * $page; End = 32 * $page; Size = 16 * $page }
    $uss = @{
        ProcessId = 7; Uss = 4L * $page; Shared = 2L * $page; Rss = 5L * $page; Pss = 4L * $page; Hugetlb = 1L * $page; Swap = 2L * $page; SwapPss = 1L * $page; Anonymous = 3L * $page
        AnonHugePages = 0L; LazyFree = 0L; PrivateClean = 1L * $page; PrivateDirty = 2L * $page; PssAnon = 2L * $page; PssFile = 1L * $page; PssShmem = 1L * $page
    }
    $pages = @{ ProcessId = 7; Address = 16 * $page; State = 'Present'; Pfn = 5; SwapType = $null; Mapping = $mapping }
    $counted = @{ PageCount = 2L; Bytes = 2L * $page }
    $usage = $counted + @{ Anonymous = 1L * $page; File = 1L * $page; Shmem = 0L; Slab = 0L; PageTables = 0L; Other = 0L }
    $hugePage = $counted + @{ ProcessId = 7; Kind = 'Anonymous'; FolioSize = 2L * $page; IsWhole = $true; Rss = 3L * $page }
    $workingSet = @{ ProcessId = 7; Method = 'Referenced'; Referenced = 1L * $page; Rss = 2L * $page; Interval = [timespan]::FromSeconds(1) }
    $side = @{ Address = 16 * $page; Pfn = 5 }
    $comparison = @{ Address = 16 * $page; SideIndicator = '=='; Reference = $side; Difference = $side }

    # A possible row of each type.
    $possible = @{
        ProcessUss = $uss
        NodeUss = $uss
        MappingUss = $uss + @{ Mapping = $mapping }
        ProcessGroupUss = @{
            ProcessIds = 7, 8; ProcessCount = 2; Uss = 4L * $page; UssAnonymous = 1L * $page; UssFile = 1L * $page; UssShmem = 1L * $page; HugetlbToPool = 1L * $page; Hugetlb = 1L * $page
            Shared = 1L * $page; Rss = 4L * $page; Pss = 3L * $page; FreedOnExit = 3L * $page; FreedAnonymous = 1L * $page; FreedPageTables = 1L * $page; PageTables = 1L * $page
            FreedShmem = 1L * $page; FreedDeletedFile = 0L; KeptShmem = 0L; UnmappedCache = 1L * $page
        }
        ProcessPageInfo = $pages
        ProcessPageRange = $pages + $counted + @{ EndAddress = 18 * $page }
        PageInfo = @{ Pfn = 5 }
        PageRange = $counted + @{ Pfn = 5 }
        FrameMapping = $pages
        PageUseInfo = @{ Pfn = 5; Use = 'Slab' }
        FilePageInfo = @{ Path = '/a'; Offset = $page }
        KPageFlagsSummary = $counted + @{ FlagsValue = 3 }
        KPageKindSummary = $counted + @{ Kind = 'Slab' }
        KPageCgroupSummary = $usage + @{ CgroupInode = 1 }
        KPageNodeSummary = $usage + @{ Node = 0; Free = 0L; Hugetlb = 0L }
        ProcessHugePage = $hugePage
        MappingHugePage = $hugePage + @{ Mapping = $mapping }
        ProcessWorkingSet = $workingSet
        MappingWorkingSet = $workingSet + @{ Mapping = $mapping }
        ProcessSharing = @{ ProcessId = 7; OtherProcessId = 8; Shared = 2L * $page; Anonymous = 1L * $page; File = 1L * $page; Shmem = 0L; Hugetlb = 0L }
        PageComparison = $comparison
        PageComparisonRange = $comparison + $counted + @{ EndAddress = 18 * $page }
        FileCacheInfo = @{ Length = 5L; Cached = 1L * $page; Dirty = 1L * $page; Writeback = 0L; Evicted = 1L; RecentlyEvicted = 1L; CachedPercent = 100.0 }
        SharedMemoryObject = @{ Kind = 'SystemV'; Id = 0; MappedBy = 7, 8; HeldBy = @() }
        MapLine = @{ Text = 'aa' }
        PagemapSupport = @{ Feature = 'SoftDirty' }
    }

    # What makes a row impossible; Twice: the row follows itself.
    $impossible = @{
        'Uss is no more than Rss and Hugetlb' = @{ Uss = 7L * $page }
        'Uss and Shared are Rss, besides hugetlb pages' = @{ Shared = 0L }
        'Pss is no more than Rss' = @{ Pss = 6L * $page }
        'Pss is no less than Uss, besides hugetlb pages' = @{ Pss = 1L * $page }
        'SwapPss is no more than Swap' = @{ SwapPss = 3L * $page }
        'Anonymous is no more than Rss' = @{ Anonymous = 6L * $page }
        'AnonHugePages and LazyFree are each no more than Anonymous' = @{ LazyFree = 4L * $page }
        'PrivateClean and PrivateDirty are Uss, besides hugetlb pages' = @{ PrivateDirty = 4L * $page }
        'PssAnon, PssFile and PssShmem are Pss' = @{ PssFile = 4L * $page }
        'Rss is no more than the mapping' = @{ Rss = 17L * $page }
        'a mapping begins at or after the end of the one before it' = @{ Before = @{ ProcessId = 7; Mapping = @{ Start = 15 * $page; End = 17 * $page; Size = 2 * $page } } }
        'a page lies in its mapping, at whole pages' = @{ Address = 15 * $page }
        'the state is one of the states' = @{ State = 'Lost' }
        'only a present page has a page frame, and none has the number 0' = @{ Pfn = 0 }
        'a present page has no place in swap' = @{ SwapType = 0 }
        'a page is above the one before it' = @{ Twice = $true }
        'a page frame is above the one before it' = @{ Twice = $true }
        'PageCount is 1 or more' = @{ PageCount = 0L }
        'Bytes are those of the pages' = @{ Bytes = 3L * $page }
        'what the page frames are used for adds up to Bytes' = @{ Slab = 1L * $page }
        'a large folio has two pages or more' = @{ FolioSize = 1L * $page }
        'whole folios have all of their pages' = @{ FolioSize = 4L * $page }
        'Bytes are no more than Rss' = @{ Rss = 1L * $page }
        'Referenced is no more than Rss' = @{ Referenced = 3L * $page }
        'the interval is longer than nothing' = @{ Interval = [timespan]::Zero }
        'the indicator names the sides that have a page' = @{ SideIndicator = '<=' }
        'both sides have the same address' = @{ Difference = @{ Address = 17 * $page; Pfn = 5 } }
        'an address is above the one before it' = @{ Twice = $true }
        'equal sides have the same page frame' = @{ Difference = @{ Address = 16 * $page; Pfn = 6 } }
        'Rss is Shared, UssAnonymous, UssFile and UssShmem' = @{ Rss = 9L * $page }
        'Uss is its parts, besides hugetlb pages' = @{ Uss = 5L * $page }
        'FreedOnExit is its parts' = @{ FreedOnExit = 2L * $page }
        'what stays of shared memory is part of UssShmem' = @{ KeptShmem = 2L * $page }
        'what stays in the page cache is part of UssFile' = @{ UnmappedCache = 2L * $page }
        'what returns to the pool is part of Hugetlb' = @{ HugetlbToPool = 2L * $page }
        'FreedPageTables are part of PageTables' = @{ PageTables = 0L }
        'each process is in a group once' = @{ ProcessIds = 7, 7 }
        'a mapping of a page frame has its number' = @{ Pfn = $null }
        'the page frame has a number and a use' = @{ Use = $null }
        'the offset is that of a page' = @{ Offset = 1 }
        'a page is behind the one before it' = @{ Twice = $true }
        'Shared is Anonymous, File, Shmem and Hugetlb' = @{ Shared = 1L * $page }
        'the figures are whole pages' = @{ File = 1L }
        'the first process has the lower id' = @{ OtherProcessId = 7 }
        'Cached is no more than the pages of the file' = @{ Cached = 2L * $page }
        'Dirty and Writeback are each no more than Cached' = @{ Writeback = 2L * $page }
        'RecentlyEvicted is no more than Evicted' = @{ RecentlyEvicted = 2L }
        'CachedPercent is no more than 100' = @{ CachedPercent = 101.0 }
        'System V segments alone have an id' = @{ Id = $null }
        'each process maps and holds it once' = @{ MappedBy = 7, 7 }
        'the text has no control character' = @{ Text = "a`e[1m" }
    }

    $script:types = $possible.Keys | ForEach-Object { @{ Type = $_; Row = $possible[$_] } }
    $script:cases = foreach ($type in $invariants.Keys) {
        foreach ($sentence in $invariants[$type].Keys) { @{ Type = $type; Row = $possible[$type]; Sentence = $sentence; Change = $impossible[$sentence] } }
    }
    $script:keyCases = $keys.Keys | ForEach-Object { @{ Type = $_; Row = $possible[$_]; Key = $keys[$_] } }
}

BeforeAll {
    . "$PSScriptRoot/../storm/RowChecks.ps1"
    Import-Module (Resolve-Path "$PSScriptRoot/../../PagemapTools.psd1") -Force

    function ConvertTo-Row([string] $Type, [hashtable] $Fact, [hashtable] $Change = @{}) {
        $row = [ordered] @{ PSTypeName = "PagemapTools.$Type" }
        foreach ($each in $Fact, $Change) { foreach ($name in $each.Keys) { $row[$name] = $each[$name] } }
        [pscustomobject] $row
    }
}

Describe 'The checks of rows' {
    It 'find nothing in a possible <Type>' -ForEach $types {
        Find-ImpossibleRow (ConvertTo-Row $Type $Row) | Should -BeNullOrEmpty
    }

    It 'find in a <Type> that it is not true: <Sentence>' -ForEach $cases {
        $last = ConvertTo-Row $Type $Row -Change $Change
        $first = $Change.Before ? (ConvertTo-Row $Type $Row -Change $Change.Before) : $Change.Twice ? $last : $null
        Find-ImpossibleRow ($first, $last -ne $null) | Should -Contain "$Type`: not true: $Sentence`: $(Format-Fact $last)"
    }

    It 'find the same <Key> in two rows of <Type>' -ForEach $keyCases {
        Find-ImpossibleRow (@(ConvertTo-Row $Type $Row) * 2) | Should -HaveCount 1
    }

    It 'find a negative size, and pass a negative change' {
        Find-ImpossibleRow ([pscustomobject] @{ Size = -1L; SizeDelta = -1L }) | Should -BeLike '*: Size is not negative: *'
    }

    It 'take nothing for granted that is null' -ForEach ($types | Where-Object Type -Like *Uss) {
        $nothing = @{}
        $Row.Keys | Where-Object { $Row[$_] -is [long] } | ForEach-Object { $nothing[$_] = $null }
        Find-ImpossibleRow (ConvertTo-Row $Type $Row -Change $nothing) | Should -BeNullOrEmpty
    }

    It 'know each type of the module that a cmdlet returns' {
        # What became of a page frame: the storm changes none.
        $other = 'FrameChange', 'PagemapSupport'
        $returned = (Get-Command -Module PagemapTools).OutputType.Name | Where-Object { $_ -like 'PagemapTools.*' } | ForEach-Object { ($_ -split '\.')[-1] } | Sort-Object -Unique
        $returned | Where-Object { $_ -notin $invariants.Keys -and $_ -notin $other } | Should -BeNullOrEmpty
    }
}
