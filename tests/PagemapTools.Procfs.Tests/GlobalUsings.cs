global using PagemapTools.Procfs.Tests.Support;
global using PagemapTools.TestSupport;
global using Xunit;
