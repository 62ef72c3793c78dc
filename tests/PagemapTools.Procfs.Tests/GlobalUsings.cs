global using PagemapTools.Procfs.Tests.Support;
global using Xunit;
