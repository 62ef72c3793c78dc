<?xml version="1.0" encoding="utf-8"?>
<!-- Makes a line of flag, tab and summary for each flag from the compiler's documentation file. Completion shows the summaries as tooltips. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="text" />
  <xsl:template match="/">
    <xsl:for-each select="/doc/members/member[starts-with(@name, 'F:') and contains(@name, '.KPageFlags.')]">
      <xsl:value-of select="concat(substring-after(@name, '.KPageFlags.'), '&#9;', normalize-space(summary), '&#10;')" />
    </xsl:for-each>
  </xsl:template>
</xsl:stylesheet>
