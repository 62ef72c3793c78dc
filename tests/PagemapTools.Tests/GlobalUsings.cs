global using PagemapTools.Procfs.Tests.Support;
global using PagemapTools.Tests.Support;
global using Xunit;
