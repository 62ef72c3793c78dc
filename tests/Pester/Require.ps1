# What a test requires of the machine, by name, as Require does in the tests of xunit. Where it is missing the test is skipped with
# "requires FEATURE: why"; Show-SkippedTests.ps1 counts the features. PAGEMAPTOOLS_TEST_WITHOUT (names, separated by commas) simulates a
# machine without some.

function Skip-Unless($IsThere, [string] $Feature, [string] $Why) {
    if ($Feature -in ("$env:PAGEMAPTOOLS_TEST_WITHOUT" -split ',')) { $IsThere, $Why = $false, 'PAGEMAPTOOLS_TEST_WITHOUT names it' }
    if (-not $IsThere) { Set-ItResult -Skipped -Because "requires ${Feature}: $Why" }
}

function Skip-UnlessRoot { Skip-Unless ((id -u) -eq 0) Root 'this user is not root' }
