@{
    ModuleVersion        = '1.0.0'
    RootModule           = 'PagemapTools.Benchmarks.EmptyModule.dll'
    GUID                 = '0a8f3f0e-5d0b-4d5e-9a51-3f0f9b7f6d11'
    Author               = 'The PagemapTools authors'
    Description          = 'One empty cmdlet.'
    PowerShellVersion    = '7.4'
    CompatiblePSEditions = @('Core')
    CmdletsToExport      = @('Invoke-Nothing')
    FunctionsToExport    = @()
    AliasesToExport      = @()
    VariablesToExport    = @()
}
