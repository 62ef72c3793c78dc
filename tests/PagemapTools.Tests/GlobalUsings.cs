global using PagemapTools.Tests.Support;
global using Xunit;
