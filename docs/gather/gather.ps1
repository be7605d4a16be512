<#
gather.ps1: what this Windows machine is, as JSON (headroom/machine/1).

Windows Server 2012 and later (PowerShell 3 and later); for older systems gather.vbs beside
this file writes the same.

    powershell -ExecutionPolicy Bypass -File gather.ps1            writes NAME.json here
    powershell -ExecutionPolicy Bypass -File gather.ps1 -Stdout    prints it

It reads CIM and the registry, and changes nothing.  What cannot be read stays out of the
document: absent means that nobody could ask, which is not the same as none.
#>
param([switch]$Stdout)

$ErrorActionPreference = 'SilentlyContinue'

# Leaves out what is empty: it was not told.
function Clean($Table) {
    $kept = [ordered]@{}
    foreach ($key in $Table.Keys) {
        $value = $Table[$key]
        if ($null -eq $value) { continue }
        if ($value -is [string]) {
            $value = $value.Trim()
            if ($value -eq '') { continue }
        }
        $kept[$key] = $value
    }
    return $kept
}

function RegistryValue($Path, $Name) {
    $item = Get-ItemProperty -LiteralPath $Path -Name $Name
    if ($null -eq $item) { return $null }
    return $item.$Name
}

$system = Get-CimInstance -ClassName 'Win32_ComputerSystem'
$os = Get-CimInstance -ClassName 'Win32_OperatingSystem'
$bios = Get-CimInstance -ClassName 'Win32_BIOS'
$processors = @(Get-CimInstance -ClassName 'Win32_Processor')
$control = 'HKLM:\SYSTEM\CurrentControlSet\Control'

# ---- what it is ------------------------------------------------------------------------------
$hypervisor = $null
$maker = [string]$system.Manufacturer
$model = [string]$system.Model
if ($maker -like '*VMware*') { $hypervisor = 'vmware' }
if ($maker -like '*Microsoft*' -and $model -like '*Virtual*') { $hypervisor = 'hyper-v' }
if ($maker -like '*Xen*') { $hypervisor = 'xen' }
if ($maker -like '*QEMU*' -or $model -like '*KVM*' -or $maker -like '*Amazon EC2*') { $hypervisor = 'kvm' }
if ($model -like '*VirtualBox*') { $hypervisor = 'virtualbox' }
$kind = $null
if ($maker -ne '') { $kind = 'physical' }
if ($hypervisor) { $kind = 'vm' }

# ---- general ----------------------------------------------------------------------------------
$firmware = $null
switch (RegistryValue $control 'PEFirmwareType') {
    1 { $firmware = 'bios' }
    2 { $firmware = 'uefi' }
}
$secure = RegistryValue "$control\SecureBoot\State" 'UEFISecureBootEnabled'
if ($null -ne $secure) { $secure = ($secure -eq 1) }
$bits = $null
if ([string]$os.OSArchitecture -like '*64*') { $bits = 64 }
elseif ([string]$os.OSArchitecture -like '*32*') { $bits = 32 }
$language = $null
try { $language = [System.Globalization.CultureInfo]::GetCultureInfo([int]$os.OSLanguage).EnglishName } catch { }
$hal = RegistryValue "$control\Class\{4D36E966-E325-11CE-BFC1-08002BE10318}\0000" 'MatchingDeviceId'

# ---- storage ----------------------------------------------------------------------------------
$systemDrive = $env:SystemDrive
$controllers = @()
foreach ($name in @('IDE', 'SCSI')) {
    foreach ($one in @(Get-CimInstance -ClassName "Win32_${name}Controller")) {
        $controllers += Clean ([ordered]@{ name = $one.Name; kind = $name.ToLower(); driver = $one.DriverName })
    }
}
$disks = @()
foreach ($disk in @(Get-CimInstance -ClassName 'Win32_DiskDrive' | Sort-Object -Property 'Index')) {
    $partitions = @()
    $diskKind = 'basic'
    $style = $null
    foreach ($part in @(Get-CimAssociatedInstance -InputObject $disk -ResultClassName 'Win32_DiskPartition')) {
        $letters = @(Get-CimAssociatedInstance -InputObject $part -ResultClassName 'Win32_LogicalDisk' |
                ForEach-Object -Process { $_.DeviceID })
        if ([string]$part.Type -like '*Logical Disk Manager*') { $diskKind = 'dynamic' }
        if ([string]$part.Type -like '*GPT*') { $style = 'gpt' } elseif ($null -eq $style) { $style = 'mbr' }
        $partitions += Clean ([ordered]@{
                number   = [int]$part.Index + 1
                bytes    = [uint64]$part.Size
                primary  = [bool]$part.PrimaryPartition
                extended = ([string]$part.Type -like '*Extended*')
                bootable = [bool]$part.Bootable
                windows  = ($letters -contains $systemDrive)
                volumes  = $letters
            })
    }
    $bus = $null
    if ($disk.InterfaceType) { $bus = ([string]$disk.InterfaceType).ToLower() }
    $disks += Clean ([ordered]@{
            device     = '\device\harddisk' + $disk.Index
            bytes      = [uint64]$disk.Size
            kind       = $diskKind
            style      = $style
            bus        = $bus
            model      = $disk.Model
            partitions = $partitions
        })
}
$protected = @{}
foreach ($one in @(Get-CimInstance -Namespace 'root\cimv2\Security\MicrosoftVolumeEncryption' -ClassName 'Win32_EncryptableVolume')) {
    $protected[[string]$one.DriveLetter] = ($one.ProtectionStatus -eq 1)
}
$volumes = @()
foreach ($one in @(Get-CimInstance -ClassName 'Win32_LogicalDisk' -Filter 'DriveType = 3')) {
    $volumes += Clean ([ordered]@{
            name       = $one.DeviceID
            fs         = $one.FileSystem
            bytes      = [uint64]$one.Size
            used_bytes = [uint64]$one.Size - [uint64]$one.FreeSpace
            windows    = ($one.DeviceID -eq $systemDrive)
            encrypted  = $protected[[string]$one.DeviceID]
        })
}
$san = @(Get-CimInstance -ClassName 'Win32_SCSIController' |
        Where-Object -FilterScript { $_.Name -like '*Fibre*' -or $_.Name -like '*Emulex*' -or $_.Name -like '*QLogic*' }).Count -gt 0
$iscsi = @(Get-CimInstance -Namespace 'root\wmi' -ClassName 'MSiSCSIInitiator_SessionClass').Count -gt 0
$mounted = @((Get-Item -LiteralPath 'HKLM:\SYSTEM\MountedDevices').Property)

# ---- network ----------------------------------------------------------------------------------
function PrefixLength($Mask) {
    if ($Mask -notlike '*.*') { return $Mask }
    $count = 0
    foreach ($byte in $Mask.Split('.')) {
        $left = [int]$byte
        while ($left -gt 0) { $count += $left % 2; $left = [math]::Floor($left / 2) }
    }
    return $count
}
$network = @()
$hasPrimary = $false
foreach ($one in @(Get-CimInstance -ClassName 'Win32_NetworkAdapterConfiguration' -Filter 'IPEnabled = TRUE')) {
    $adapter = Get-CimInstance -ClassName 'Win32_NetworkAdapter' -Filter "Index = $($one.Index)"
    $addresses = @()
    for ($i = 0; $i -lt @($one.IPAddress).Count; $i++) {
        $addresses += [string]$one.IPAddress[$i] + '/' + (PrefixLength $one.IPSubnet[$i])
    }
    $speed = $null
    if ($adapter.Speed -and [double]$adapter.Speed -lt 1e12) { $speed = [double]$adapter.Speed / 1e6 }
    $isPrimary = ($null -ne $one.DefaultIPGateway -and -not $hasPrimary)
    if ($isPrimary) { $hasPrimary = $true }
    $gateway = $null
    if ($one.DefaultIPGateway) { $gateway = [string]$one.DefaultIPGateway[0] }
    $label = $adapter.NetConnectionID
    if (-not $label) { $label = $one.Description }
    $network += Clean ([ordered]@{
            name       = $label
            mac        = ([string]$one.MACAddress).Replace(':', '')
            speed_mbps = $speed
            dhcp       = [bool]$one.DHCPEnabled
            primary    = $isPrimary
            addresses  = $addresses
            gateway    = $gateway
            dns        = @($one.DNSServerSearchOrder | Where-Object -FilterScript { $_ })
        })
}

# ---- secondary hardware -------------------------------------------------------------------------
$secondary = @()
foreach ($row in @(
        @('video', 'vga', 'Win32_VideoController'), @('audio', 'onboard', 'Win32_SoundDevice'),
        @('serial', '', 'Win32_SerialPort'), @('parallel', '', 'Win32_ParallelPort'),
        @('cdrom', '', 'Win32_CDROMDrive'), @('floppy', '', 'Win32_FloppyDrive'),
        @('ieee1394', 'controller', 'Win32_1394Controller'), @('scsi', 'tape', 'Win32_TapeDrive'))) {
    foreach ($one in @(Get-CimInstance -ClassName $row[2])) {
        $secondary += Clean ([ordered]@{ class = $row[0]; kind = $row[1]; name = $one.Name })
    }
}
foreach ($one in @(Get-CimInstance -ClassName 'Win32_PnPEntity' | Where-Object -FilterScript { $_.DeviceID -like 'USB\VID*' -and $_.Name -notlike '*hub*' })) {
    $usb = 'other'
    if ($one.Name -like '*keyboard*') { $usb = 'keyboard' }
    elseif ($one.Name -like '*mouse*') { $usb = 'mouse' }
    elseif ($one.Name -like '*print*') { $usb = 'printer' }
    elseif ($one.Name -like '*storage*') { $usb = 'disk' }
    elseif ($one.Name -like '*Input Device*' -or $one.Name -like '*Composite*') { $usb = 'hid' }
    $secondary += Clean ([ordered]@{ class = 'usb'; kind = $usb; name = $one.Name })
}

# ---- software ------------------------------------------------------------------------------------
function StartModes($ClassName) {
    foreach ($one in @(Get-CimInstance -ClassName $ClassName -Property @('Name', 'StartMode'))) {
        Clean ([ordered]@{ name = $one.Name; start = ([string]$one.StartMode).ToLower() })
    }
}
$packages = @()
foreach ($base in @('HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall', 'HKLM:\SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall')) {
    foreach ($one in @(Get-ChildItem -LiteralPath $base)) {
        $title = [string]$one.GetValue('DisplayName')
        if ($title) { $packages += Clean ([ordered]@{ name = $title; version = [string]$one.GetValue('DisplayVersion') }) }
    }
}
$systemFiles = @()
foreach ($name in @('hal.dll', 'ntoskrnl.exe', 'ntkrnlpa.exe', 'ntdll.dll', 'kernel32.dll', 'winsrv.dll', 'win32k.sys', 'user32.dll', 'gdi32.dll', 'drivers\atapi.sys', 'drivers\disk.sys')) {
    $path = Join-Path -Path $env:SystemRoot -ChildPath "system32\$name"
    if (Test-Path -LiteralPath $path) {
        $systemFiles += Clean ([ordered]@{ name = (Split-Path -Path $path -Leaf); version = (Get-Item -LiteralPath $path).VersionInfo.FileVersion })
    }
}
$hibernation = RegistryValue "$control\Power" 'HibernateEnabled'
if ($null -ne $hibernation) { $hibernation = ($hibernation -ne 0) }
$dotnet = ((RegistryValue 'HKLM:\SOFTWARE\Microsoft\NET Framework Setup\NDP\v3.5' 'Install') -eq 1)
$admin = ([Security.Principal.WindowsPrincipal][Security.Principal.WindowsIdentity]::GetCurrent()).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
$cores = ($processors | Measure-Object -Property 'NumberOfCores' -Sum).Sum
$threads = ($processors | Measure-Object -Property 'NumberOfLogicalProcessors' -Sum).Sum

$machine = Clean ([ordered]@{
        schema     = 'headroom/machine/1'
        name       = $env:COMPUTERNAME
        gathered   = [int64]([datetime]::UtcNow - [datetime]'1970-01-01').TotalSeconds
        kind       = $kind
        hypervisor = $hypervisor
        os         = Clean ([ordered]@{
                name = $os.Caption; version = $os.Version; service_pack = $os.CSDVersion
                language = $language; hal = $hal; bits = $bits
            })
        general    = Clean ([ordered]@{
                bios = ([string]$bios.Manufacturer + ' ' + [string]$bios.SMBIOSBIOSVersion)
                firmware = $firmware; secure_boot = $secure; vendor = $maker; model = $model
                processor = $processors[0].Name; sockets = $processors.Count; cores = $cores
                threads = $threads; core_mhz = $processors[0].MaxClockSpeed
                memory_bytes = [uint64]$system.TotalPhysicalMemory
            })
        storage    = [ordered]@{
            controllers = $controllers; disks = $disks; volumes = $volumes
            san = $san; iscsi = $iscsi; mounted = $mounted
        }
        network    = $network
        secondary  = $secondary
        software   = Clean ([ordered]@{
                services = @(StartModes 'Win32_Service'); drivers = @(StartModes 'Win32_SystemDriver')
                updates = @(Get-CimInstance -ClassName 'Win32_QuickFixEngineering' | ForEach-Object -Process { $_.HotFixID })
                packages = $packages
                auto_run = @(Get-CimInstance -ClassName 'Win32_StartupCommand' | ForEach-Object -Process { $_.Command } | Where-Object -FilterScript { $_ })
                system_files = $systemFiles; dotnet35 = $dotnet; hibernation = $hibernation
            })
        wmi        = ($null -ne $system)
        admin      = $admin
    })
$json = ConvertTo-Json -InputObject $machine -Depth 8
# ASCII alone: whatever the code page, the file is the same
$ascii = [regex]::Replace($json, '[^\x00-\x7e]', { param($match) '\u{0:x4}' -f [int][char]$match.Value })
if ($Stdout) {
    Write-Output -InputObject $ascii
} else {
    $file = Join-Path -Path (Get-Location).Path -ChildPath ($env:COMPUTERNAME + '.json')
    [System.IO.File]::WriteAllText($file, $ascii, [System.Text.Encoding]::ASCII)
    Write-Output -InputObject $file
}
