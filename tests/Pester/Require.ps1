# Features of the machine that a test requires, by name, as Require does in the xunit tests. A test without its feature is skipped with
# "requires FEATURE: reason", and Show-SkippedTests.ps1 counts the features. PAGEMAPTOOLS_TEST_WITHOUT=NAME,... simulates a machine
# without the named features.

function Skip-Unless($IsThere, [string] $Feature, [string] $Why) {
    if ($Feature -in ("$env:PAGEMAPTOOLS_TEST_WITHOUT" -split ',')) { $IsThere, $Why = $false, 'PAGEMAPTOOLS_TEST_WITHOUT names it' }
    if (-not $IsThere) { Set-ItResult -Skipped -Because "requires ${Feature}: $Why" }
}

function Skip-UnlessRoot { Skip-Unless ((id -u) -eq 0) Root 'this user is not root' }
