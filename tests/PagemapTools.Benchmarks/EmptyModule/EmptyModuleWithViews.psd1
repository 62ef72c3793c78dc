@{
    ModuleVersion        = '1.0.0'
    RootModule           = 'PagemapTools.Benchmarks.EmptyModule.dll'
    GUID                 = 'b7c9a0f2-6a27-4f0c-8a1e-2b6f4a4d9c53'
    Author               = 'The PagemapTools authors'
    Description          = 'One empty cmdlet, a Types and a Format file with nothing in them.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    CmdletsToExport      = @('Invoke-Nothing')
    TypesToProcess       = @('Empty.Types.ps1xml')
    FormatsToProcess     = @('Empty.Format.ps1xml')
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
}
