using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace PagemapTools.Tests.Browser;

/// <summary>The pixels of a PNG with 8 bits a channel, as browsers write it.</summary>
internal sealed class Picture
{
    private readonly byte[] _pixels;
    private readonly int _channels;

    private Picture(int width, int height, int channels, byte[] pixels) => (Width, Height, _channels, _pixels) = (width, height, channels, pixels);

    public int Width { get; }

    public int Height { get; }

    public static Picture Decode(byte[] png)
    {
        (int width, int height, int channels) = (0, 0, 0);
        using MemoryStream compressed = new();
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            ReadOnlySpan<byte> data = png.AsSpan(at + 8, length);
            switch (Encoding.ASCII.GetString(png, at + 4, 4))
            {
                case "IHDR":
                    (width, height) = (BinaryPrimitives.ReadInt32BigEndian(data), BinaryPrimitives.ReadInt32BigEndian(data[4..]));
                    Assert.Equal(8, data[8]);
                    channels = data[9] switch { 2 => 3, 6 => 4, _ => throw new NotSupportedException($"Colour type {data[9]}") };
                    break;
                case "IDAT":
                    compressed.Write(data);
                    break;
            }

            at += length + 12;
        }

        compressed.Position = 0;
        byte[] rows = new byte[height * ((width * channels) + 1)];
        using ZLibStream inflated = new(compressed, CompressionMode.Decompress);
        inflated.ReadExactly(rows);
        return new Picture(width, height, channels, Unfilter(rows, width * channels, height, channels));
    }

    /// <summary>Measures which part of the pixels with one of these colours has each of them.</summary>
    public double[] MeasureShares(params string[] colours)
    {
        double[] counts = CountPixels(colours);
        double sum = counts.Sum();
        return [.. counts.Select(count => count / sum)];
    }

    /// <summary>Counts the pixels whose colour differs from each of these by no more than a few steps a channel.</summary>
    public double[] CountPixels(params string[] colours)
    {
        int[][] wanted = [.. colours.Select(colour => (int[])[Convert.ToInt32(colour[1..3], 16), Convert.ToInt32(colour[3..5], 16), Convert.ToInt32(colour[5..7], 16)])];
        double[] counts = new double[colours.Length];
        for (int pixel = 0; pixel < _pixels.Length; pixel += _channels)
        {
            int found = Array.FindIndex(wanted, colour => Enumerable.Range(0, 3).All(channel => Math.Abs(_pixels[pixel + channel] - colour[channel]) <= 6));
            if (found >= 0)
            {
                counts[found]++;
            }
        }

        return counts;
    }

    /// <summary>The brightness of a pixel, from 0 to 1.</summary>
    public double GetBrightness(int x, int y)
    {
        int pixel = ((y * Width) + x) * _channels;
        return (_pixels[pixel] + _pixels[pixel + 1] + _pixels[pixel + 2]) / 765.0;
    }

    // PNG specification, section 9: each row begins with its filter.
    private static byte[] Unfilter(byte[] rows, int stride, int height, int channels)
    {
        byte[] pixels = new byte[stride * height];
        for (int y = 0; y < height; y++)
        {
            int filter = rows[y * (stride + 1)];
            for (int x = 0; x < stride; x++)
            {
                int left = x < channels ? 0 : pixels[(y * stride) + x - channels];
                int up = y == 0 ? 0 : pixels[((y - 1) * stride) + x];
                int corner = x < channels || y == 0 ? 0 : pixels[((y - 1) * stride) + x - channels];
                int predicted = filter switch { 0 => 0, 1 => left, 2 => up, 3 => (left + up) / 2, _ => Paeth(left, up, corner) };
                pixels[(y * stride) + x] = (byte)(rows[(y * (stride + 1)) + 1 + x] + predicted);
            }
        }

        return pixels;
    }

    private static int Paeth(int left, int up, int corner)
    {
        int estimate = left + up - corner;
        (int a, int b, int c) = (Math.Abs(estimate - left), Math.Abs(estimate - up), Math.Abs(estimate - corner));
        return a <= b && a <= c ? left : b <= c ? up : corner;
    }
}
