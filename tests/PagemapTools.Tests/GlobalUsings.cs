global using PagemapTools.Tests.Support;
global using PagemapTools.TestSupport;
global using Xunit;
