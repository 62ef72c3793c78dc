<?xml version="1.0" encoding="utf-8"?>
<!-- Makes a Format.ps1xml (File = format) or a Types.ps1xml (File = types) from Views.xml. -->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" indent="yes" />
  <xsl:strip-space elements="*" />
  <xsl:param name="File" />
  <xsl:variable name="Namespace" select="'PagemapTools.Procfs.'" />
  <xsl:key name="cell" match="Cell" use="@Name" />

  <xsl:template match="/Views">
    <xsl:choose>
      <xsl:when test="$File = 'format'">
        <Configuration>
          <ViewDefinitions>
            <xsl:apply-templates select="Group/Type" mode="table" />
            <xsl:apply-templates select="Group/Type" mode="list" />
            <xsl:apply-templates select="Group/Type[@Wide]" mode="wide" />
            <xsl:apply-templates select="Line" />
          </ViewDefinitions>
        </Configuration>
      </xsl:when>
      <xsl:otherwise>
        <Types>
          <xsl:apply-templates select="Group/Type | Enum" mode="type" />
          <xsl:apply-templates select="Group/Type" mode="deserialized" />
        </Types>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <!-- Views -->
  <xsl:template name="view">
    <Name><xsl:value-of select="@Name" /></Name>
    <ViewSelectedBy><TypeName><xsl:value-of select="concat($Namespace, ancestor-or-self::*/@Room, '.', @Name)" /></TypeName></ViewSelectedBy>
  </xsl:template>

  <xsl:template match="Type" mode="table">
    <xsl:variable name="type" select="." />
    <xsl:variable name="columns" select="../*[@Width][not(@Of) or @Of = $type/@Of][not(@As) or @As = $type/@As]" />
    <View>
      <xsl:call-template name="view" />
      <xsl:if test="@GroupBy">
        <GroupBy><ScriptBlock><xsl:call-template name="text"><xsl:with-param name="value">"<xsl:value-of select="@GroupBy" />"</xsl:with-param></xsl:call-template></ScriptBlock><Label><xsl:choose><xsl:when test="@GroupLabel"><xsl:value-of select="@GroupLabel" /></xsl:when><xsl:otherwise>Process</xsl:otherwise></xsl:choose></Label></GroupBy>
      </xsl:if>
      <TableControl>
        <TableHeaders><xsl:apply-templates select="$columns" mode="header" /></TableHeaders>
        <TableRowEntries>
          <TableRowEntry>
            <Wrap />
            <TableColumnItems>
              <xsl:for-each select="$columns">
                <TableColumnItem>
                  <xsl:call-template name="item">
                    <xsl:with-param name="before" select="sum($columns[@Width != '*']/@Width) + count($columns)" />
                  </xsl:call-template>
                </TableColumnItem>
              </xsl:for-each>
            </TableColumnItems>
          </TableRowEntry>
        </TableRowEntries>
      </TableControl>
    </View>
  </xsl:template>

  <xsl:template match="Line">
    <View>
      <Name><xsl:value-of select="@Name" /></Name>
      <ViewSelectedBy><TypeName><xsl:value-of select="concat('PagemapTools.Pictures.', @Name)" /></TypeName></ViewSelectedBy>
      <CustomControl>
        <CustomEntries>
          <CustomEntry>
            <CustomItem><ExpressionBinding><PropertyName><xsl:value-of select="@Property" /></PropertyName></ExpressionBinding></CustomItem>
          </CustomEntry>
        </CustomEntries>
      </CustomControl>
    </View>
  </xsl:template>

  <xsl:template match="*" mode="header">
    <TableColumnHeader>
      <Label><xsl:value-of select="@Name" /></Label>
      <xsl:if test="@Width != '*'"><Width><xsl:value-of select="@Width" /></Width></xsl:if>
      <xsl:for-each select="@Align | key('cell', @Cell)/@Align"><Alignment><xsl:value-of select="." /></Alignment></xsl:for-each>
    </TableColumnHeader>
  </xsl:template>

  <xsl:template match="Type" mode="list">
    <xsl:variable name="type" select="." />
    <View>
      <xsl:call-template name="view" />
      <ListControl>
        <ListEntries>
          <ListEntry>
            <ListItems>
              <xsl:for-each select="../Property[not(@Of) or @Of = $type/@Of][not(@As) or @As = $type/@As]">
                <ListItem>
                  <Label><xsl:value-of select="@Name" /></Label>
                  <xsl:choose>
                    <xsl:when test="@List">
                      <PropertyName><xsl:value-of select="@Name" /></PropertyName>
                      <FormatString><xsl:value-of select="@List" /></FormatString>
                    </xsl:when>
                    <xsl:otherwise><xsl:call-template name="item" /></xsl:otherwise>
                  </xsl:choose>
                </ListItem>
              </xsl:for-each>
            </ListItems>
          </ListEntry>
        </ListEntries>
      </ListControl>
    </View>
  </xsl:template>

  <xsl:template match="Type" mode="wide">
    <xsl:variable name="type" select="." />
    <View>
      <xsl:call-template name="view" />
      <WideControl>
        <xsl:if test="../Property[@Name = $type/@Wide]/@Cell = 'hex'"><ColumnNumber>4</ColumnNumber></xsl:if>
        <WideEntries>
          <WideEntry>
            <WideItem>
              <xsl:for-each select="../Property[@Name = $type/@Wide][1]">
                <xsl:choose>
                  <xsl:when test="$type/@WideName">
                    <ScriptBlock>"$(<xsl:call-template name="text"><xsl:with-param name="value" select="concat('$_.', $type/@WideName)" /></xsl:call-template>) $(<xsl:call-template name="script" />)"</ScriptBlock>
                  </xsl:when>
                  <xsl:otherwise><xsl:call-template name="item" /></xsl:otherwise>
                </xsl:choose>
              </xsl:for-each>
            </WideItem>
          </WideEntry>
        </WideEntries>
      </WideControl>
    </View>
  </xsl:template>

  <!-- The content of a cell: a property or a script. -->
  <xsl:template name="item">
    <xsl:param name="before" />
    <xsl:choose>
      <xsl:when test="@Beside">
        <ScriptBlock>
          $t = <xsl:call-template name="script" />
          $c = <xsl:call-template name="text"><xsl:with-param name="value" select="concat('$_.', @Beside)" /></xsl:call-template>
          $w = $Host.UI.RawUI.BufferSize.Width - <xsl:value-of select="$before" />
          if ($c -and $w -ge 50) { $t = '{0,-15} {1}' -f $t, $c; if ($t.Length -gt $w) { $t = $t.Substring(0, $w) } }
          $t
        </ScriptBlock>
      </xsl:when>
      <xsl:when test="@Width = '*' and Value">
        <ScriptBlock>
          $t = <xsl:call-template name="script" />
          <xsl:value-of select="concat(substring-before(/Views/Wrap, '@'), $before, substring-after(/Views/Wrap, '@'))" />
        </ScriptBlock>
      </xsl:when>
      <xsl:when test="@Cell or Value"><ScriptBlock><xsl:call-template name="script" /></ScriptBlock></xsl:when>
      <xsl:when test="@Alias"><PropertyName><xsl:value-of select="@Alias" /></PropertyName></xsl:when>
      <xsl:otherwise><PropertyName><xsl:value-of select="@Name" /></PropertyName></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="script">
    <xsl:variable name="value">
      <xsl:choose>
        <xsl:when test="Value and (@Cell = 'text' or @Width = '*')">(. { <xsl:value-of select="Value" /> })</xsl:when>
        <xsl:when test="Value"><xsl:value-of select="Value" /></xsl:when>
        <xsl:otherwise>$_.<xsl:value-of select="@Name" /></xsl:otherwise>
      </xsl:choose>
    </xsl:variable>
    <xsl:variable name="cell" select="key('cell', @Cell)" />
    <xsl:choose>
      <xsl:when test="$cell"><xsl:value-of select="concat(substring-before($cell, '$_.@'), $value, substring-after($cell, '$_.@'))" /></xsl:when>
      <xsl:otherwise><xsl:value-of select="$value" /></xsl:otherwise>
    </xsl:choose>
  </xsl:template>

  <xsl:template name="text">
    <xsl:param name="value" />
    <xsl:variable name="cell" select="key('cell', 'text')" />
    <xsl:value-of select="concat(substring-before($cell, '$_.@'), $value, substring-after($cell, '$_.@'))" />
  </xsl:template>

  <!-- Types -->
  <xsl:template match="Type" mode="type">
    <xsl:variable name="type" select="." />
    <xsl:variable name="default" select="../Property[@Default][not(@Of) or @Of = $type/@Of][not(@As) or @As = $type/@As]" />
    <xsl:if test="@Depth or @Key or $default or ../Column[@Alias or Value]">
      <Type>
        <Name><xsl:value-of select="concat($Namespace, ancestor-or-self::*/@Room, '.', @Name)" /></Name>
        <Members>
          <xsl:call-template name="columns" />
          <xsl:if test="@Depth or @Key or $default">
            <MemberSet>
              <Name>PSStandardMembers</Name>
              <Members>
                <xsl:if test="@DefaultDisplay"><NoteProperty><Name>DefaultDisplayProperty</Name><Value><xsl:value-of select="@DefaultDisplay" /></Value></NoteProperty></xsl:if>
                <xsl:if test="$default">
                  <PropertySet>
                    <Name>DefaultDisplayPropertySet</Name>
                    <ReferencedProperties><xsl:for-each select="$default"><Name><xsl:value-of select="@Default[. != 'yes'] | @Name[../@Default = 'yes']" /></Name></xsl:for-each></ReferencedProperties>
                  </PropertySet>
                </xsl:if>
                <xsl:if test="@Key">
                  <PropertySet><Name>DefaultKeyPropertySet</Name><ReferencedProperties><Name><xsl:value-of select="@Key" /></Name></ReferencedProperties></PropertySet>
                </xsl:if>
                <xsl:if test="@Send">
                  <NoteProperty><Name>SerializationMethod</Name><Value>SpecificProperties</Value></NoteProperty>
                  <PropertySet>
                    <Name>PropertySerializationSet</Name>
                    <ReferencedProperties>
                      <Name><xsl:value-of select="@Send" /></Name>
                      <xsl:for-each select="../Property[not(@As) or @As = $type/@As]"><Name><xsl:value-of select="@Name" /></Name></xsl:for-each>
                    </ReferencedProperties>
                  </PropertySet>
                </xsl:if>
                <xsl:if test="@Depth"><NoteProperty><Name>SerializationDepth</Name><Value><xsl:value-of select="@Depth" /></Value></NoteProperty></xsl:if>
              </Members>
            </MemberSet>
          </xsl:if>
        </Members>
      </Type>
    </xsl:if>
  </xsl:template>

  <xsl:template match="Type" mode="deserialized">
    <xsl:variable name="members"><xsl:call-template name="columns" /></xsl:variable>
    <xsl:if test="string($members)">
      <Type>
        <Name><xsl:value-of select="concat('Deserialized.', $Namespace, ../@Room, '.', @Name)" /></Name>
        <Members><xsl:copy-of select="$members" /></Members>
      </Type>
    </xsl:if>
  </xsl:template>

  <!-- Headers and escaped names that are not properties of the object. They are hidden, so that Export-Csv and ConvertTo-Html omit them. -->
  <xsl:template name="columns">
    <xsl:variable name="type" select="." />
    <xsl:for-each select="../Property[@Default != 'yes'][not(@Of) or @Of = $type/@Of][not(@As) or @As = $type/@As]">
      <ScriptProperty IsHidden="true"><Name><xsl:value-of select="@Default" /></Name><GetScriptBlock>$_ = $this; <xsl:call-template name="script" /></GetScriptBlock></ScriptProperty>
    </xsl:for-each>
    <xsl:for-each select="../Column[not(@Of) or @Of = $type/@Of][not(@As) or @As = $type/@As]">
      <xsl:choose>
        <xsl:when test="@Alias">
          <AliasProperty IsHidden="true"><Name><xsl:value-of select="@Name" /></Name><ReferencedMemberName><xsl:value-of select="@Alias" /></ReferencedMemberName></AliasProperty>
        </xsl:when>
        <xsl:when test="Value and not(../Property[@Name = current()/@Name])">
          <ScriptProperty IsHidden="true"><Name><xsl:value-of select="@Name" /></Name><GetScriptBlock>$_ = $this; <xsl:value-of select="Value" /></GetScriptBlock></ScriptProperty>
        </xsl:when>
      </xsl:choose>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="Enum" mode="type">
    <Type>
      <Name><xsl:value-of select="concat($Namespace, ancestor-or-self::*/@Room, '.', @Name)" /></Name>
      <Members>
        <MemberSet>
          <Name>PSStandardMembers</Name>
          <Members><NoteProperty><Name>SerializationMethod</Name><Value>String</Value></NoteProperty></Members>
        </MemberSet>
      </Members>
    </Type>
  </xsl:template>
</xsl:stylesheet>
