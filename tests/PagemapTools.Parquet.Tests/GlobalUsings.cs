global using PagemapTools.Parquet.Tests.Support;
global using PagemapTools.TestSupport;
global using Xunit;
